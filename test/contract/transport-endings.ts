// The transport contract, part two: how links end. One vocabulary of codes on every runtime, each end told exactly
// once and last, nothing delivered after it, and a handler that throws ends its own link only.
import { expect, test } from 'bun:test'
import { encodeFrame, OPCODES } from '../support/raw-frames.ts'
import type { Stage } from './transport-stage.ts'

export function peerEndContract(stage: Stage): void {
  for (const [code, reason] of [
    [1000, 'bye'],
    [1001, ''],
    [4001, 'page cached'],
    [4999, '再见'],
  ] as const) {
    test(`the peer closes with ${code}`, async () => {
      const { raw, tag } = await stage.link()
      expect(await raw.close(code, reason)).toEqual({ code, reason })
      expect(await stage.how(tag)).toEqual({ code, reason, by: 'peer' })
    })
  }

  test('a close frame without a code is 1005', async () => {
    const { raw, tag } = await stage.link()
    void raw.close()
    expect(await stage.how(tag)).toEqual({ code: 1005, reason: '', by: 'peer' })
  })

  test('a FIN without a close frame is 1006', async () => {
    const { raw, tag } = await stage.link()
    raw.destroy()
    expect(await stage.how(tag)).toEqual({ code: 1006, reason: '', by: 'peer' })
  })

  test('a reset is 1006', async () => {
    const { raw, tag } = await stage.link()
    raw.reset()
    expect(await stage.how(tag)).toEqual({ code: 1006, reason: '', by: 'peer' })
  })
}

export function ownEndContract(stage: Stage): void {
  for (const [code, reason] of [
    [4501, 'replaced'],
    [1012, 'restart'],
  ] as const) {
    test(`we close with ${code} and the peer sees it`, async () => {
      const { raw, tag } = await stage.link()
      await stage.server.did({ do: 'close', tag, code, reason })
      expect(await raw.closed).toEqual({ code, reason })
      expect(await stage.how(tag)).toEqual({ code, reason, by: 'us' })
    })
  }

  test('a code that may not be sent becomes 1000, a long reason is cut between characters', async () => {
    const { raw, tag } = await stage.link()
    await stage.server.did({ do: 'close', tag, code: 1005, reason: `xx${'离'.repeat(100)}` })
    const reason = `xx${'离'.repeat(40)}`
    expect(await raw.closed).toEqual({ code: 1000, reason })
    expect(await stage.how(tag)).toEqual({ code: 1000, reason, by: 'us' })
  })

  test('what was sent before a close arrives before it', async () => {
    const { raw, tag } = await stage.link()
    stage.server.command({ do: 'send', tag, text: 'last words' })
    stage.server.command({ do: 'close', tag, code: 4501 })
    expect((await raw.next()).text).toBe('last words')
    expect((await raw.next()).code).toBe(4501)
  })

  test('a peer that never answers our close is gone all the same', async () => {
    const { raw, tag } = await stage.link('', { autoClose: false })
    await stage.server.did({ do: 'close', tag, code: 4501 })
    expect(await stage.how(tag)).toMatchObject({ code: 4501, by: 'us' })
    raw.destroy()
  })

  test('terminate cuts without a close frame', async () => {
    const { raw, tag } = await stage.link()
    await stage.server.did({ do: 'terminate', tag })
    expect((await raw.closed).code).toBe(1006)
    expect(await stage.how(tag)).toEqual({ code: 1006, reason: '', by: 'us' })
  })

  for (const deed of ['close-self', 'terminate-self']) {
    test(`after ${deed} nothing is delivered and nothing is sent`, async () => {
      const { raw, tag } = await stage.link()
      const late = [
        encodeFrame(OPCODES.text, 'late'),
        encodeFrame(OPCODES.binary, 'late'),
        encodeFrame(OPCODES.ping, ''),
      ]
      raw.sendRaw(Buffer.concat([encodeFrame(OPCODES.text, deed), ...late]))
      const how = deed === 'close-self' ? { code: 4500, reason: 'as asked' } : { code: 1006, reason: '' }
      expect(await stage.how(tag)).toEqual({ ...how, by: 'us' })
      await raw.closed
      expect(stage.server.texts(tag)).toEqual([deed])
      expect(stage.server.count('binary', tag) + stage.server.count('control', tag)).toBe(0)
      const kinds = []
      for await (const frame of raw) kinds.push(frame.kind)
      expect(kinds).not.toContain('text')
    })
  }
}

export function throwContract(stage: Stage): void {
  for (const [name, query, bytes] of [
    ['text', '', encodeFrame(OPCODES.text, 'throw')],
    ['text (later, in a promise)', '', encodeFrame(OPCODES.text, 'reject')],
    ['binary', '', encodeFrame(OPCODES.binary, Buffer.from([0xff]))],
    ['open', 'openThrows', Buffer.alloc(0)],
  ] as const) {
    test(`a throw in ${name} ends that link with 1011, others and the process live`, async () => {
      const witness = await stage.link()
      const errors = stage.server.count('error')
      const { raw, tag } = await stage.link(query)
      raw.sendRaw(bytes)
      expect((await raw.closed).code).toBe(1011)
      expect(await stage.how(tag)).toEqual({ code: 1011, reason: 'internal error', by: 'us' })
      expect((await stage.server.nth('error', undefined, errors)).stage).toBe(name.split(' ')[0])
      witness.raw.sendText('echo:still here')
      expect((await witness.raw.next()).text).toBe('still here')
      witness.raw.destroy()
    })
  }

  test('a throw in closed is reported and harms nobody', async () => {
    const errors = stage.server.count('error')
    const { raw } = await stage.link()
    void raw.close(1000, 'throw in closed')
    expect(await stage.server.nth('error', undefined, errors)).toMatchObject({ stage: 'closed' })
    expect((await stage.link()).raw.protocol).toBe(null)
  })
}
