// WebSocket frames by hand (RFC 6455 §5): lets a test send what no library would, and see what really came back.
// Judges nothing: wrong frames are the point.

export type FrameKind = 'continuation' | 'text' | 'binary' | 'close' | 'ping' | 'pong'

export interface FrameOptions {
  readonly fin?: boolean
  readonly mask?: boolean
  /** The three reserved bits: 4 is RSV1. */
  readonly rsv?: number
}

export const OPCODES: Readonly<Record<FrameKind, number>> = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
}

const MASK = Buffer.from([0x1d, 0x5a, 0x33, 0xc7])

export class Frame {
  readonly kind: FrameKind
  readonly payload: Buffer

  constructor(kind: FrameKind, payload: Buffer) {
    this.kind = kind
    this.payload = payload
  }

  get text(): string {
    return this.payload.toString()
  }

  /** Close code of a close frame; 1005 where it has none. */
  get code(): number {
    return this.payload.length < 2 ? 1005 : this.payload.readUInt16BE(0)
  }

  get reason(): string {
    return this.payload.subarray(2).toString()
  }
}

export function encodeFrame(
  opcode: number,
  payload: string | Uint8Array,
  options: FrameOptions = {},
): Buffer {
  const { fin = true, mask = true, rsv = 0 } = options
  const body = Buffer.from(payload as Uint8Array)
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  const head = Buffer.concat([Buffer.from([first]), lengthBytes(body.length, mask)])
  if (!mask) return Buffer.concat([head, body])
  for (let i = 0; i < body.length; i++) body[i]! ^= MASK[i & 3]!
  return Buffer.concat([head, MASK, body])
}

export function closePayload(code: number, reason = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)])
}

function lengthBytes(length: number, mask: boolean): Buffer {
  const bit = mask ? 0x80 : 0
  if (length < 126) return Buffer.from([bit | length])
  if (length < 65_536) return Buffer.from([bit | 126, length >> 8, length & 255])
  const bytes = Buffer.alloc(9)
  bytes[0] = bit | 127
  bytes.writeBigUInt64BE(BigInt(length), 1)
  return bytes
}

/** Cuts a stream of bytes into frames. Servers do not mask, so no mask is expected. */
export class FrameReader {
  #chunks: Buffer[] = []
  #size = 0

  /** Bytes in, complete frames out. */
  read(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    const frames: Frame[] = []
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) frames.push(frame)
    return frames
  }

  #take(): Frame | undefined {
    const head = this.#peek(10)
    if (head.length < 2) return undefined
    const short = head[1]! & 0x7f
    const start = short === 127 ? 10 : short === 126 ? 4 : 2
    if (head.length < start) return undefined
    const length =
      short === 127 ? Number(head.readBigUInt64BE(2)) : short === 126 ? head.readUInt16BE(2) : short
    if (this.#size < start + length) return undefined
    const all = this.#peek(this.#size)
    this.#chunks = [all.subarray(start + length)]
    this.#size = all.length - start - length
    const kind = Object.entries(OPCODES).find(([, opcode]) => opcode === (head[0]! & 15))?.[0]
    return new Frame((kind ?? 'continuation') as FrameKind, all.subarray(start, start + length))
  }

  /** Joins chunks only as far as needed: a 16 MiB frame must not be copied once per chunk. */
  #peek(bytes: number): Buffer {
    if ((this.#chunks[0]?.length ?? 0) < Math.min(bytes, this.#size)) {
      const all = Buffer.concat(this.#chunks)
      this.#chunks = [all]
    }
    return this.#chunks[0] ?? Buffer.alloc(0)
  }
}
