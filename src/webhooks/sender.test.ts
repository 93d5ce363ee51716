import { describe, expect, test } from 'bun:test'
import { settled, stubTransition } from '../../test/support/fake-log.ts'
import { answer, webhookStage } from '../../test/support/fake-receiver.ts'
import { MemoryNotebook } from '../stores/embedded/memory-notebook.ts'
import { DEAD_AFTER } from './retry.ts'

const HOUR = 3_600_000
const idsOf = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `m${(from + i) % 10}:${from + i}`)

async function started(patch: Parameters<ReturnType<typeof webhookStage>['open']>[0] = {}) {
  const stage = webhookStage()
  const endpoints = await stage.open(patch)
  await settled()
  const status = () => endpoints.list()[0]!
  return { ...stage, endpoints, status }
}

describe('what it sends', () => {
  test('what is told from its beginning on, in order, with its cursor', async () => {
    const stage = webhookStage()
    stage.log.grow(5)
    const endpoints = await stage.open()
    stage.log.grow(3)
    await settled()
    expect(stage.receiver.messages).toMatchObject([
      { type: 'systole.transitions', ids: idsOf(6, 8), cursor: stage.log.cursor(8) },
    ])
    stage.log.grow(1)
    await settled()
    expect(stage.receiver.ids).toEqual(idsOf(6, 9))
    expect(endpoints.list()).toMatchObject([
      { state: 'working', delivered: 4, failures: 0, behindSince: null, cursor: stage.log.cursor(9) },
    ])
  })

  test('exactly this', async () => {
    const { log, receiver, time } = await started()
    log.grow(2)
    await settled()
    const { text, headers } = receiver.messages[0]!
    expect(text).toBe(
      '{"type":"systole.transitions","timestamp":"2023-11-14T22:13:20.002Z","data":{"events":[' +
        '{"id":"m1:1","kind":"join","version":1},{"id":"m2:2","kind":"join","version":2}],"cursor":"log:2"}}',
    )
    expect(Object.keys(headers)).toEqual(['webhook-id', 'webhook-timestamp', 'content-type', 'user-agent'])
    expect(headers['webhook-timestamp']).toBe(String(time.at / 1000))
    expect(headers['webhook-id']).toMatch(/^msg_[\w-]{27}$/)
  })

  test('signed where it has a secret', async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const { log, receiver } = await started({ secret })
    log.grow(1)
    await settled()
    const { headers, text } = receiver.messages[0]!
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`
    const key = Buffer.from(secret.slice(6), 'base64')
    const mac = new Bun.CryptoHasher('sha256', key).update(signed).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${mac}`)
  })

  test('at most 500 events and 1 MiB at once, and one message at a time', async () => {
    const { log, receiver } = await started()
    receiver.hold = true
    log.grow(1_200)
    log.tell(
      ...Array.from({ length: 40 }, (_, i) =>
        stubTransition({ version: 1_201 + i, member: `${'x'.repeat(100_000)}${i}` }),
      ),
    )
    await settled()
    expect(receiver.messages.length).toBe(1)
    receiver.release()
    await settled()
    const sizes = receiver.messages.map(({ ids }) => ids.length)
    expect(sizes.slice(0, 2)).toEqual([500, 500])
    expect(sizes.every(size => size <= 500)).toBe(true)
    expect(Math.max(...receiver.messages.map(({ text }) => text.length))).toBeLessThan(1_048_576 + 1_000)
    expect(receiver.ids.length).toBe(1_240)
    expect(receiver.ids).toEqual(log.told.map(({ member, version }) => `${member}:${version}`))
    expect(receiver.mostUnder).toBe(1)
  })

  test('what follows is read while it is under way', async () => {
    const { log, receiver } = await started()
    receiver.hold = true
    log.grow(1_100)
    await settled()
    const { reads } = log
    log.failure = new Error('disk gone')
    receiver.release()
    await settled()
    expect(receiver.messages.map(({ ids }) => ids.length)).toEqual([500, 500])
    expect(log.reads).toBeGreaterThan(reads)
    expect(receiver.ids).toEqual(idsOf(1, 1_000))
  })

  test('one event that is larger than a message goes alone', async () => {
    const { log, receiver } = await started()
    const large = stubTransition({ version: 2, member: 'x'.repeat(1_500_000) })
    log.tell(stubTransition({ version: 1 }), large, stubTransition({ version: 3 }))
    await settled()
    expect(receiver.messages.map(({ ids }) => ids.map(id => id.split(':')[1]))).toEqual([['1'], ['2'], ['3']])
  })

  test('only the kinds and types it asked for; its place moves past the others', async () => {
    const { log, receiver, status } = await started({ kinds: ['leave'], type: 'device' })
    log.tell(
      stubTransition({ version: 1, type: 'device' }),
      stubTransition({ version: 2, kind: 'leave', type: 'person', member: '8' }),
      stubTransition({ version: 3, kind: 'leave', type: 'device' }),
      stubTransition({ version: 4, kind: 'leave', member: '9' }),
    )
    await settled()
    expect(receiver.ids).toEqual(['7:3'])
    expect(status().cursor).toBe(log.cursor(4))
    log.grow(500)
    await settled()
    expect([receiver.ids.length, status().cursor, status().behindSince]).toEqual([1, log.cursor(504), null])
  })
})

describe('what is not taken', () => {
  test('is sent again, the same, after 1 s doubling to 1 h', async () => {
    const { log, receiver, time, status, said } = await started()
    receiver.answers.push(...Array.from({ length: 14 }, () => answer(500)))
    const begin = time.at
    log.grow(1)
    await settled()
    expect(status()).toMatchObject({
      state: 'failing',
      failures: 1,
      failingSince: begin,
      lastError: 'answered 500',
      nextTryAt: begin + 750,
      behindSince: log.told[0]!.at,
    })
    log.grow(5)
    await time.pass(24 * HOUR)
    const gaps = receiver.messages.map(({ at }, i) => at - (receiver.messages[i - 1]?.at ?? at))
    const doubling = Array.from({ length: 12 }, (_, i) => 750 * 2 ** i)
    expect(gaps.slice(0, 15)).toEqual([0, ...doubling, 2_700_000, 2_700_000])
    const again = receiver.messages.slice(0, 15)
    expect(new Set(again.map(({ text }) => text)).size).toBe(1)
    expect(new Set(again.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(again.map(({ headers }) => headers['webhook-timestamp'])).toEqual(
      again.map(({ at }) => String(Math.floor(at / 1000))),
    )
    expect(receiver.messages[15]?.ids).toEqual(idsOf(2, 6))
    expect(status()).toMatchObject({ state: 'working', failures: 0, lastError: null, failingSince: null })
    expect(said).toEqual([
      'webhook endpoint backend fails: answered 500',
      'webhook endpoint backend takes messages again',
    ])
  })

  test.each([
    [answer(301), 'answered 301; redirects are not followed, give the address it points to'],
    [answer(404), 'answered 404'],
    [answer(100), 'answered 100'],
    [answer(null, null, 'no answer within 15000 ms'), 'no answer within 15000 ms'],
  ])('%j', async (given, problem) => {
    const { log, receiver, status } = await started()
    receiver.answers.push(given)
    log.grow(1)
    await settled()
    expect(status()).toMatchObject({ state: 'failing', lastError: problem })
  })

  test.each([201, 202, 204, 299])('%i is taken', async code => {
    const { log, receiver, status } = await started()
    receiver.answers.push(answer(code))
    log.grow(1)
    await settled()
    expect(status()).toMatchObject({ state: 'working', delivered: 1 })
  })

  test('is gathered anew: what was erased meanwhile is not sent again, nor under the same id', async () => {
    const { log, receiver, time } = await started()
    receiver.answers.push(answer(500), answer(null), answer(500))
    log.grow(3)
    await settled()
    log.grow(2)
    await time.pass(750)
    log.struck.add(2)
    await time.pass(HOUR)
    expect(receiver.messages.map(({ ids, cursor }) => [ids, cursor])).toEqual([
      [idsOf(1, 3), log.cursor(3)],
      [idsOf(1, 3), log.cursor(3)],
      [['m1:1', 'm3:3'], log.cursor(3)],
      [['m1:1', 'm3:3'], log.cursor(3)],
      [idsOf(4, 5), log.cursor(5)],
    ])
    const ids = receiver.messages.map(({ headers }) => headers['webhook-id']!)
    expect([ids[0] === ids[1], ids[1] === ids[2], ids[2] === ids[3]]).toEqual([true, false, true])
  })

  test('and of which nothing is left is passed over', async () => {
    const { log, receiver, time, status } = await started()
    receiver.answers.push(answer(500))
    log.grow(2)
    await settled()
    log.struck.add(1).add(2)
    await time.pass(1_000)
    expect([receiver.messages.length, status().cursor]).toEqual([1, log.cursor(2)])
    log.grow(1)
    await settled()
    expect(receiver.messages.slice(1).map(({ ids }) => ids)).toEqual([['m3:3']])
    expect(status()).toMatchObject({ state: 'working', behindSince: null })
  })

  test('is not sent while the log cannot be read', async () => {
    const { log, receiver, time } = await started()
    receiver.answers.push(answer(500))
    log.grow(2)
    await settled()
    log.failure = new Error('disk gone')
    await time.pass(10_000)
    expect(receiver.messages.length).toBe(1)
    log.failure = null
    await time.pass(1_000)
    expect(receiver.messages.map(({ ids }) => ids)).toEqual([idsOf(1, 2), idsOf(1, 2)])
  })

  test('not before it asked for', async () => {
    const { log, receiver, time } = await started()
    receiver.answers.push(answer(429, '90'), answer(503, new Date(time.at + 200_000).toUTCString()))
    log.grow(1)
    await time.pass(89_999)
    expect(receiver.messages.length).toBe(1)
    await time.pass(1)
    expect(receiver.messages.length).toBe(2)
    await time.pass(109_999)
    expect(receiver.messages.length).toBe(2)
    await time.pass(1)
    expect(receiver.messages.length).toBe(3)
  })

  test('dead after five days, and at once with 410', async () => {
    const { log, receiver, time, status, said } = await started()
    receiver.answers.push(...Array.from({ length: 1_000 }, () => answer(500)))
    log.grow(1)
    await time.pass(DEAD_AFTER - 1)
    expect(status().state).toBe('failing')
    await time.pass(HOUR)
    expect(status()).toMatchObject({ state: 'dead', nextTryAt: null, lastError: 'answered 500' })
    expect([time.waiting, said.at(-1)]).toEqual([
      0,
      'webhook endpoint backend is dead: answered 500. Mend it, then resume it',
    ])
    const gone = await started()
    gone.receiver.answers.push(answer(410))
    gone.log.grow(1)
    await settled()
    expect(gone.status()).toMatchObject({ state: 'dead', lastError: 'answered 410' })
  })
})

describe('a dead one', () => {
  async function dead() {
    const stage = await started()
    stage.receiver.answers.push(answer(410))
    stage.log.grow(3)
    await settled()
    stage.log.grow(4)
    await settled()
    return stage
  }

  test('keeps its place and is told how far it is behind', async () => {
    const { status, receiver, log } = await dead()
    expect(receiver.messages.length).toBe(1)
    expect(status()).toMatchObject({ state: 'dead', cursor: log.cursor(0), behindSince: log.told[0]!.at })
  })

  test('goes on from there when it is resumed', async () => {
    const { status, receiver, endpoints } = await dead()
    expect(await endpoints.resume('backend')).toBe(true)
    await settled()
    expect(receiver.messages[1]?.ids).toEqual(idsOf(1, 7))
    expect(status()).toMatchObject({ state: 'working', failingSince: null })
    expect(await endpoints.resume('nobody')).toBe(false)
  })

  test.each([
    ['oldest', idsOf(1, 7)],
    ['log:5', idsOf(6, 7)],
    ['newest', []],
  ])('or from %s', async (from, ids) => {
    const { receiver, endpoints } = await dead()
    await endpoints.resume('backend', from)
    await settled()
    expect(receiver.messages.slice(1).flatMap(one => one.ids)).toEqual(ids)
  })

  test('not from a place that cannot be', async () => {
    const { endpoints, status } = await dead()
    await expect(endpoints.resume('backend', 'nonsense')).rejects.toMatchObject({ code: 'bad_cursor' })
    await expect(endpoints.resume('backend', 'log:99')).rejects.toMatchObject({ code: 'cursor_ahead' })
    expect(status().state).toBe('dead')
  })

  test('is dead after a restart, unless its address is another', async () => {
    const { log, notebook, endpoints } = await dead()
    await endpoints.stop()
    const again = webhookStage({ log, notebook })
    const found = await again.open()
    await settled()
    expect(found.list()).toMatchObject([
      { state: 'dead', lastError: 'answered 410', behindSince: log.told[0]!.at },
    ])
    await found.stop()
    const moved = webhookStage({ log, notebook })
    await moved.open({ url: 'https://example.org/other' })
    await settled()
    expect(moved.receiver.ids).toEqual(idsOf(1, 7))
  })
})

describe('resumed', () => {
  test('in the middle of its waiting, it tries at once', async () => {
    const { log, receiver, time, endpoints } = await started()
    receiver.answers.push(answer(500, '3600'))
    log.grow(1)
    await settled()
    await endpoints.resume('backend')
    await settled()
    expect([receiver.messages.length, time.waiting]).toEqual([2, 1])
  })

  test('in the middle of a message, from elsewhere: what that becomes moves nothing', async () => {
    const { log, receiver, endpoints, status } = await started()
    log.grow(2)
    await settled()
    receiver.hold = true
    log.grow(2)
    await settled()
    await endpoints.resume('backend', 'oldest')
    receiver.release()
    await settled()
    expect(receiver.messages.map(({ ids }) => ids)).toEqual([idsOf(1, 2), idsOf(3, 4), idsOf(1, 4)])
    expect([receiver.mostUnder, status().cursor]).toEqual([1, log.cursor(4)])
  })
})

describe('a place the log no longer holds', () => {
  test('is told as a reset, which is sent until it is taken; then it goes on from now', async () => {
    const { log, receiver, time, notebook, endpoints } = await started()
    await endpoints.stop()
    log.grow(5)
    log.trimmed = 3
    const again = webhookStage({ log, notebook })
    again.receiver.answers.push(answer(500))
    await again.open()
    await settled()
    log.grow(1)
    await again.time.pass(1_000)
    expect(again.receiver.messages.map(({ type, ids }) => [type, ids])).toEqual([
      ['systole.reset', []],
      ['systole.reset', []],
      ['systole.transitions', ['m6:6']],
    ])
    const [first, second] = again.receiver.messages
    expect(first?.headers['webhook-id']).toBe(second!.headers['webhook-id']!)
    expect([first?.cursor, receiver.messages.length, time.waiting]).toEqual([log.cursor(5), 0, 0])
  })

  test('also where its cursor is ahead, or none', async () => {
    for (const cursor of ['log:7', 'nonsense']) {
      const notebook = new MemoryNotebook()
      await notebook.put('webhooks', 'backend', { cursor })
      const stage = webhookStage({ notebook })
      await stage.open()
      await settled()
      expect(stage.receiver.messages).toMatchObject([{ type: 'systole.reset', cursor: 'log:0' }])
    }
  })
})
