// What is sent, asked and delivered: over a connection that lives, kept for the next one as far as there is room, given
// up in time, and never sent twice.

import { afterEach, expect, test } from 'bun:test'
import { onlineStage, strike } from '../../test/support/client-stage.ts'
import { settle } from '../../test/support/fake-place.ts'

afterEach(async () => {
  expect(await strike()).toEqual({ timers: 0, listeners: 0, lines: 0, locks: 0 })
})

/** What a promise came to: `taken`, a code, or `open`. */
async function fate(promise: Promise<unknown>): Promise<string> {
  const settled = promise.then(
    () => 'taken',
    ({ code }) => `${code}`,
  )
  await settle()
  return Promise.race([settled, settle().then(() => 'open')])
}

test('sent, queued, dropped; what waits goes out in its order', async () => {
  const stage = await onlineStage({ outbox: 3 })
  expect(stage.client.send('a')).toBe('sent')
  await stage.cut()
  expect(['b', 'c', 'd', 'e', 'f'].map(text => stage.client.send(text))).toEqual([
    ...['queued', 'queued', 'queued'],
    ...['dropped', 'dropped'],
  ] as never)
  await stage.place.advance(31_000)
  expect(stage.heard('message')).toEqual(['b', 'c', 'd'].map(data => ({ t: 'message', data })))
  expect(stage.client.send('g')).toBe('sent')
})

test('it holds 256 by default', async () => {
  const stage = await onlineStage()
  await stage.cut()
  const said = Array.from({ length: 300 }, (_, index) => stage.client.send(index))
  expect([said.indexOf('dropped'), said.lastIndexOf('queued')]).toEqual([256, 255])
})

test('while asking for a sign of life it waits, and goes out on the answer', async () => {
  const stage = await onlineStage()
  stage.server.mute = true
  await stage.place.tell('wake')
  expect(stage.client.send('a')).toBe('queued')
  const asked = stage.client.ask(['x'])
  expect(stage.heard('message')).toEqual([])
  stage.server.mute = false
  await stage.says({ t: 'beat', now: 1 })
  expect(stage.heard('message')).toEqual([{ t: 'message', data: 'a' }])
  expect(await asked).toEqual([{ member: 'x', state: 'unknown' }])
})

test('what was sent is not sent again', async () => {
  const stage = await onlineStage()
  stage.server.mute = true
  stage.client.send('a')
  const delivered = fate(stage.client.deliver('b'))
  await stage.cut()
  expect(await delivered).toBe('lost')
  stage.server.mute = false
  await stage.place.advance(31_000)
  expect([stage.client.state, stage.heard('message')]).toEqual(['online', []])
})

test('delivered: taken, refused, never answered', async () => {
  const stage = await onlineStage()
  expect(await fate(stage.client.deliver('a'))).toBe('taken')
  stage.server.takes = 'error'
  expect(await fate(stage.client.deliver('b'))).toBe('not_taken')
  stage.server.takes = 'nothing'
  const late = stage.client.deliver('c', 4_000)
  const usual = stage.client.deliver('d')
  await stage.place.advance(4_000)
  expect([await fate(late), await fate(usual)]).toEqual(['timeout', 'open'])
  await stage.place.advance(6_000)
  expect(await fate(usual)).toBe('timeout')
  // ids name one message each
  const ids = stage.heard('message').map(({ id }) => id)
  expect(new Set(ids).size).toBe(4)
})

test('the time to deliver counts the wait for a connection; what is over is never sent', async () => {
  const stage = await onlineStage()
  stage.server.mute = true
  await stage.cut()
  const delivered = stage.client.deliver('a', 5_000)
  await stage.place.advance(5_000)
  expect(await fate(delivered)).toBe('timeout')
  stage.server.mute = false
  await stage.place.advance(31_000)
  expect([stage.client.state, stage.heard('message')]).toEqual(['online', []])
})

test('one without room is dropped', async () => {
  const stage = await onlineStage({ outbox: 1 })
  await stage.cut()
  const kept = stage.client.deliver('a', 60_000)
  expect(await fate(stage.client.deliver('b'))).toBe('dropped')
  await stage.place.advance(31_000)
  expect(await fate(kept)).toBe('taken')
})

test('closed: what waits is dropped and said, what was sent is lost, and nothing is taken any more', async () => {
  const stage = await onlineStage()
  stage.server.takes = 'nothing'
  const sent = stage.client.deliver('a')
  await stage.place.tell('wake')
  stage.server.mute = true
  await stage.place.tell('wake')
  stage.client.send('b')
  const waits = stage.client.deliver('c')
  await stage.cut(4500)
  expect([await fate(sent), await fate(waits), stage.codes()]).toEqual(['lost', 'dropped', ['dropped']])
  expect([stage.client.send('d'), await fate(stage.client.deliver('e'))]).toEqual(['dropped', 'dropped'])
})

test('an answer in parts is one; two that are asked at once keep apart', async () => {
  const stage = await onlineStage()
  stage.server.change('m2', { state: 'online', groups: [] })
  const ids = Array.from({ length: 8 }, (_, index) => `m${index}`)
  const [all, none, one] = await Promise.all([
    stage.client.ask(ids),
    stage.client.ask([]),
    stage.client.ask(['m2', 9]),
  ])
  expect(all.map(({ member }) => member)).toEqual(ids)
  expect(none).toEqual([])
  expect(one.map(({ member, state }) => [member, state])).toEqual([
    ['m2', 'online'],
    ['9', 'unknown'],
  ])
})

test('an answer that breaks in the middle is lost', async () => {
  const stage = await onlineStage()
  stage.server.manual = true
  const asked = stage.client.ask(['a', 'b', 'c', 'd', 'e'])
  stage.server.pump(stage.line, 1)
  await stage.cut()
  expect(await fate(asked)).toBe('lost')
})

test.each([
  {},
  { entries: 7 },
  { entries: [null] },
  { entries: [{ member: 7 }] },
  { entries: [{ member: 'a', state: {} }] },
])('an answer of %j is no list of members', async nonsense => {
  const stage = await onlineStage()
  stage.server.mute = true
  const asked = stage.client.ask(['a'])
  asked.catch(() => {})
  await stage.says({ t: 'answer', id: stage.heard('ask')[0]!.id, ...nonsense })
  await stage.place.tell('wake')
  stage.server.mute = false
  await stage.place.advance(20_000)
  expect(['timeout', 'lost', 'bad_frame']).toContain(await fate(asked))
  expect(stage.problems.length).toBeLessThan(3)
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1e300])(
  'a time of %p to deliver in stops nothing else',
  async ms => {
    const stage = await onlineStage()
    stage.server.takes = 'nothing'
    const delivered = stage.client.deliver('a', ms)
    delivered.catch(() => {})
    await stage.place.advance(8_010)
    stage.server.mute = true
    await stage.place.advance(15_000)
    expect(stage.told()).toContain('online>connecting silence')
    stage.client.leave()
    expect(['lost', 'timeout', 'dropped']).toContain(await fate(delivered))
  },
)

test('errors that answer nothing are told, with their code', async () => {
  const stage = await onlineStage()
  await stage.says({ t: 'error', code: 'too_many', message: 'groups', re: 'enter' })
  await stage.says({ t: 'error', code: 'newer_than_us', message: 'x', id: 4_711 })
  expect(stage.problems.map(({ code, server }) => [code, server])).toEqual([
    ['refused', 'too_many'],
    ['refused', 'newer_than_us'],
  ])
})

test('what cannot be JSON is refused at once, and holds nothing up', async () => {
  const stage = await onlineStage()
  const ring: Record<string, unknown> = {}
  ring.ring = ring
  for (const state of ['online', 'waiting']) {
    if (state === 'waiting') await stage.cut()
    for (const data of [ring, 10n]) {
      expect(() => stage.client.send(data)).toThrow(TypeError)
      await expect((async () => stage.client.deliver(data))()).rejects.toThrow()
    }
  }
  stage.client.send('fine')
  await stage.place.advance(31_000)
  expect([stage.heard('message'), stage.codes()]).toEqual([[{ t: 'message', data: 'fine' }], []])
})

test('what is queued is what it was then', async () => {
  const stage = await onlineStage()
  await stage.cut()
  const data = { step: 1 }
  stage.client.send(data)
  data.step = 2
  await stage.place.advance(31_000)
  expect(stage.heard('message')[0]!.data).toEqual({ step: 1 })
})

test('no watch goes by the id of a request', async () => {
  const stage = await onlineStage()
  stage.server.mute = true
  const asked = stage.client.ask(['a']).catch(() => {})
  for (const scope of [['a'], 'all', { group: 'g' }] as const) stage.client.watch(scope)
  await settle()
  const ids = [...stage.heard('ask'), ...stage.heard('watch')].map(({ id }) => id)
  expect([ids.length, new Set(ids).size]).toEqual([4, 4])
  stage.client.destroy()
  await asked
})
