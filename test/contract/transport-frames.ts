// The transport contract, part one: frames that obey the rules go through whole and in order; frames that do not end
// their link with the code the RFC names, and no other link.
import { expect, test } from 'bun:test'
import { closePayload, encodeFrame, OPCODES } from '../support/raw-frames.ts'
import type { RawSocket } from '../support/raw-socket.ts'
import type { Stage } from './transport-stage.ts'

const MIB = 1024 * 1024

export function frameContract(stage: Stage): void {
  test('text goes both ways, also empty, long and beyond ASCII, in order', async () => {
    const { raw, tag } = await stage.link()
    for (const text of ['', '在线 🫀', '{"type":"SetHeartbeat"}']) {
      raw.sendText(`echo:${text}`)
      expect((await raw.next()).text).toBe(text)
    }
    const numbers = Array.from({ length: 500 }, (_, i) => `n${i}`)
    raw.sendRaw(Buffer.concat(numbers.map(text => encodeFrame(OPCODES.text, text))))
    await stage.server.nth('text', tag, 502)
    expect(stage.server.texts(tag).slice(3)).toEqual(numbers)
    raw.destroy()
  })

  test('binary frames come in as bytes', async () => {
    const { raw, tag } = await stage.link()
    raw.sendBinary(Buffer.from([0, 1, 254, 255]))
    expect(await stage.server.event('binary', tag)).toMatchObject({ text: '0001feff', length: 4 })
    raw.destroy()
  })

  test('a ping is answered with its payload and is evidence; so is a pong nobody asked for', async () => {
    const { raw, tag } = await stage.link()
    raw.sendPing('are you there')
    expect(await raw.next()).toMatchObject({ kind: 'pong', payload: Buffer.from('are you there') })
    expect(await stage.server.nth('control', tag, 0)).toMatchObject({ frame: 'ping' })
    raw.sendPong('here I am')
    expect(await stage.server.nth('control', tag, 1)).toMatchObject({ frame: 'pong' })
    expect(stage.server.texts(tag)).toEqual([])
    raw.destroy()
  })

  test('our ping is an empty ping frame, and its pong is evidence', async () => {
    const { raw, tag } = await stage.link()
    stage.server.command({ do: 'ping', tag })
    expect(await raw.next()).toMatchObject({ kind: 'ping', payload: Buffer.alloc(0) })
    expect(await stage.server.event('control', tag)).toMatchObject({ frame: 'pong' })
    raw.destroy()
  })

  test('fragments with a ping between them arrive as one text, and only then', async () => {
    const { raw, tag } = await stage.link()
    const bytes = Buffer.from('心跳')
    raw.sendText(bytes.subarray(0, 2), { fin: false })
    raw.sendPing()
    await stage.server.event('control', tag)
    expect(stage.server.count('text', tag)).toBe(0)
    raw.sendFrame(OPCODES.continuation, bytes.subarray(2))
    expect((await stage.server.event('text', tag)).text).toBe('心跳')
    raw.destroy()
  })

  test('a message of 3.9 MiB fits the default limit, whole or in fragments', async () => {
    const { raw, tag } = await stage.link()
    const size = Math.floor(3.9 * MIB)
    raw.sendText(Buffer.alloc(size, 0x61))
    expect((await stage.server.event('text', tag)).length).toBe(size)
    raw.sendText(Buffer.alloc(2 * MIB, 0x61), { fin: false })
    raw.sendFrame(OPCODES.continuation, Buffer.alloc(size - 2 * MIB, 0x61))
    expect((await stage.server.nth('text', tag, 1)).length).toBe(size)
    raw.destroy()
  })
}

const BROKEN: readonly [string, number, (raw: RawSocket) => void][] = [
  ['a frame over the limit', 1009, raw => raw.sendText(Buffer.alloc(4 * MIB + 1, 0x61))],
  ['a header that only promises too much', 1009, raw => raw.sendRaw(promise(2 ** 40))],
  [
    'fragments over the limit together',
    1009,
    raw => {
      raw.sendText(Buffer.alloc(1.5 * MIB, 0x61), { fin: false })
      raw.sendFrame(OPCODES.continuation, Buffer.alloc(1.5 * MIB, 0x61), { fin: false })
      raw.sendFrame(OPCODES.continuation, Buffer.alloc(1.5 * MIB, 0x61))
    },
  ],
  ['text that is not UTF-8', 1007, raw => raw.sendText(Buffer.from([0x61, 0xff, 0x62]))],
  ['text cut within a character', 1007, raw => raw.sendText(Buffer.from('心').subarray(0, 2))],
  ['an unmasked frame', 1002, raw => raw.sendText('bare', { mask: false })],
  ['an unknown opcode', 1002, raw => raw.sendFrame(3, 'x')],
  ['a reserved bit', 1002, raw => raw.sendText('x', { rsv: 4 })],
  ['a ping over 125 bytes', 1002, raw => raw.sendPing(Buffer.alloc(126))],
  ['a ping in fragments', 1002, raw => raw.sendFrame(OPCODES.ping, 'x', { fin: false })],
  ['a continuation of nothing', 1002, raw => raw.sendFrame(OPCODES.continuation, 'x')],
  ['a close code that may not be sent', 1002, raw => raw.sendFrame(OPCODES.close, closePayload(1006))],
]

export function brokenFrameContract(stage: Stage): void {
  for (const [name, code, send] of BROKEN) {
    test(`${name} ends the link with ${code} on both sides`, async () => {
      const { raw, tag } = await stage.link()
      const witness = await stage.link()
      send(raw)
      raw.sendText('too late')
      expect((await raw.closed).code).toBe(code)
      expect(await stage.how(tag)).toMatchObject({ code, by: 'peer' })
      expect(stage.server.count('text', tag)).toBe(0)
      witness.raw.sendText('echo:still here')
      expect((await witness.raw.next()).text).toBe('still here')
      witness.raw.destroy()
    })
  }
}

function promise(length: number): Buffer {
  const head = Buffer.alloc(14)
  head[0] = 0x81
  head[1] = 0xff
  head.writeBigUInt64BE(BigInt(length), 2)
  return head
}
