// How an endpoint begins of which nothing is known.

import { describe, expect, test } from 'bun:test'
import { settled } from '../../test/support/fake-log.ts'
import { answer, webhookStage } from '../../test/support/fake-receiver.ts'

const idsOf = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `m${(from + i) % 10}:${from + i}`)

describe('a new one', () => {
  test('has its place noted before it is used, and is told first that it begins', async () => {
    const { log, notebook, receiver, open } = webhookStage({ isNew: true })
    log.grow(5)
    receiver.hold = true
    const endpoints = await open()
    const begins = { cursor: log.cursor(5), isNew: true }
    expect(await notebook.get('webhooks', 'backend')).toMatchObject(begins)
    receiver.release()
    log.grow(2)
    await settled()
    expect(receiver.messages.map(({ type, ids, cursor }) => [type, ids, cursor])).toEqual([
      ['systole.reset', [], log.cursor(5)],
      ['systole.transitions', idsOf(6, 7), log.cursor(7)],
    ])
    await endpoints.stop()
    const again = webhookStage({ log, notebook })
    await again.open()
    await settled()
    expect(again.receiver.messages).toEqual([])
  })

  test('is told so until it takes it, also after a restart, and loses nothing since its place', async () => {
    const { log, notebook, receiver, open, time } = webhookStage({ isNew: true })
    receiver.answers.push(...Array.from({ length: 3 }, () => answer(500)))
    const endpoints = await open()
    log.grow(2)
    await time.pass(3_000)
    expect(receiver.messages.map(({ type }) => type)).toEqual(Array(3).fill('systole.reset'))
    expect(new Set(receiver.messages.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    await endpoints.stop()
    const again = webhookStage({ log, notebook })
    await again.open()
    await settled()
    expect(again.receiver.messages.map(({ type, ids }) => [type, ids])).toEqual([
      ['systole.reset', []],
      ['systole.transitions', idsOf(1, 2)],
    ])
  })

  test('that is given a place begins there', async () => {
    const { log, receiver, open } = webhookStage({ isNew: true })
    receiver.answers.push(answer(410))
    const endpoints = await open()
    log.grow(3)
    await settled()
    await endpoints.resume('backend', log.cursor(1))
    await settled()
    expect(receiver.messages.slice(1)).toMatchObject([{ type: 'systole.transitions', ids: idsOf(2, 3) }])
  })
})
