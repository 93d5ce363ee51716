// Bytes a WebSocket client sends, built once and written many times. The mask is the same for every frame: the
// server has to unmask it all the same, and the load generator saves the work.

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d])

/** A masked text frame. */
export function textFrame(text: string): Buffer {
  return frame(0x1, Buffer.from(text))
}

/** A masked ping without payload. */
export const PING = frame(0x9, Buffer.alloc(0))

/** A masked pong without payload. */
export const PONG = frame(0xa, Buffer.alloc(0))

/** The request that turns a connection into a link; `protocol`: the subprotocol it offers. */
export function upgradeRequest(host: string, port: number, path: string, protocol?: string): Buffer {
  const offer = protocol === undefined ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`
  return Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
      `${offer}\r\n`,
  )
}

function frame(opcode: number, payload: Buffer): Buffer {
  const masked = Buffer.from(payload)
  for (let i = 0; i < masked.length; i++) masked[i]! ^= MASK[i % 4]!
  return Buffer.concat([header(opcode, payload.length), MASK, masked])
}

function header(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | opcode, 0x80 | length])
  if (length > 0xffff) throw new Error(`a frame of ${length} bytes is more than this load generator sends`)
  return Buffer.from([0x80 | opcode, 0x80 | 126, length >> 8, length & 0xff])
}
