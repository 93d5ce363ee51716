import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { FakeLog, FakeTime, settled, stubTransition } from '../../test/support/fake-log.ts'
import { appOf, keyFor, keysOf, tokenFor } from '../../test/support/stub-desk.ts'
import { stubPresenceServer } from '../../test/support/stub-presence-server.ts'
import { EVERYBODY } from '../auth/authority.ts'
import { NEVER } from '../core/clock.ts'
import { SystoleError } from '../errors.ts'
import { LogReader } from '../server/log-reader.ts'
import { transitionShape } from './shapes.ts'
import { transitionRoutes } from './transitions.ts'

function setUp() {
  const log = new FakeLog()
  const time = new FakeTime()
  const reader = new LogReader(log, time.after)
  const app = appOf({ ...stubPresenceServer({}), log: reader }, { routes: transitionRoutes })
  const get = async (query: string, init: RequestInit = {}) =>
    app(new Request(`http://localhost/v1/transitions${query}`, init))
  const ask = async (query: string, init?: RequestInit) => {
    const { status, headers, text } = await get(query, init).then(async answer => ({
      status: answer.status,
      headers: answer.headers,
      text: await answer.text(),
    }))
    const lines = text.trimEnd().split('\n')
    return { status, headers, text, lines: lines.map(line => JSON.parse(line)) }
  }
  return { log, time, reader, get, ask }
}

const versions = (lines: readonly { version?: number }[]) => lines.flatMap(({ version }) => version ?? [])

describe('lines', () => {
  test('one per transition, as the document says, and the cursor last', async () => {
    const { log, ask } = setUp()
    log.tell(
      stubTransition({ version: 1, name: 'Ana', profile: { a: '\n' }, groups: ['x'] }),
      stubTransition({
        version: 2,
        previous: 1,
        kind: 'leave',
        joinedAt: NEVER,
        lastBeatAt: NEVER,
        session: 0,
      }),
    )
    const { status, headers, text, lines } = await ask('?after=oldest')
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
      200,
      'application/x-ndjson',
      'no-store',
    ])
    expect(headers.get('systole-cursor')).toBe(log.cursor(2))
    expect(text.endsWith('}\n')).toBe(true)
    expect(lines.length).toBe(3)
    expect(z.array(transitionShape).parse(lines.slice(0, 2))[1]).toMatchObject({
      kind: 'leave',
      joinedAt: null,
      lastBeatAt: null,
      session: null,
      profile: null,
    })
    expect(lines[2]).toEqual({ cursor: log.cursor(2) })
  })

  test('from now unless said otherwise; the cursor goes on without a gap', async () => {
    const { log, ask } = setUp()
    log.grow(5)
    const first = await ask('')
    expect(first.lines).toEqual([{ cursor: log.cursor(5) }])
    log.grow(3)
    const second = await ask(`?after=${first.lines[0].cursor}&limit=2`)
    expect(versions(second.lines)).toEqual([6, 7])
    const third = await ask(`?after=${second.lines.at(-1).cursor}`)
    expect(versions(third.lines)).toEqual([8])
    expect((await ask(`?after=${third.lines.at(-1).cursor}`)).lines).toEqual([{ cursor: log.cursor(8) }])
  })

  test('waits where it is asked to, for the first or for the time', async () => {
    const { log, ask, time } = setUp()
    log.grow(2)
    const waiting = ask('?wait=30000')
    await settled()
    log.grow(1)
    expect(versions((await waiting).lines)).toEqual([3])
    const inVain = ask(`?after=${log.cursor(3)}&wait=5000`)
    await time.pass(5_000)
    expect((await inVain).lines).toEqual([{ cursor: log.cursor(3) }])
    expect(versions((await ask(`?after=${log.cursor(0)}&wait=30000`)).lines)).toEqual([1, 2, 3])
  })

  test('one that goes away while it waits leaves nothing behind', async () => {
    const { reader, get, time } = setUp()
    const gone = new AbortController()
    const answer = get('?wait=30000', { signal: gone.signal })
    await settled()
    expect(reader.waiting).toBe(1)
    gone.abort()
    await answer
    expect([reader.waiting, time.waiting]).toEqual([0, 0])
  })

  test('a cursor that cannot be gone on from: reset, and the place to go on', async () => {
    const { log, ask } = setUp()
    log.grow(9)
    log.trimmed = 5
    for (const cursor of ['other:3', log.cursor(3)]) {
      const { status, lines, headers } = await ask(`?after=${cursor}&wait=30000`)
      expect([status, lines, headers.get('systole-cursor')]).toEqual([
        200,
        [{ reset: true, cursor: log.cursor(9) }],
        log.cursor(9),
      ])
    }
    expect(versions((await ask('?after=oldest')).lines)).toEqual([6, 7, 8, 9])
  })

  test('of some kinds, of one member, at most so many', async () => {
    const { log, ask } = setUp()
    const kinds = ['join', 'leave', 'suspect', 'join'] as const
    log.tell(
      ...Array.from({ length: 4_000 }, (_, i) =>
        stubTransition({ version: i + 1, kind: kinds[i % 4]!, member: i === 3_900 ? 'rare' : 'm' }),
      ),
    )
    const some = await ask('?after=oldest&kinds=leave,suspect&limit=3')
    expect(some.lines.slice(0, -1).map(({ kind, version }) => [kind, version])).toEqual([
      ['leave', 2],
      ['suspect', 3],
      ['leave', 6],
    ])
    expect(versions((await ask(`?after=${some.lines.at(-1).cursor}&kinds=suspect&limit=1`)).lines)).toEqual([
      7,
    ])
    const rare = await ask('?after=oldest&member=rare')
    expect(versions(rare.lines)).toEqual([3_901])
    expect((await ask(`?after=${rare.lines.at(-1).cursor}&member=rare`)).lines).toEqual([
      { cursor: log.cursor(4_000) },
    ])
  })

  test('more than it wants at once, while it waits for the first: the rest comes next', async () => {
    const { log, ask } = setUp()
    log.grow(2)
    const waiting = ask('?wait=30000&kinds=join&limit=2')
    await settled()
    log.grow(5)
    const { lines } = await waiting
    expect(versions(lines)).toEqual([3, 4])
    expect(versions((await ask(`?after=${lines.at(-1).cursor}`)).lines)).toEqual([5, 6, 7])
  })

  test('where nothing passes it waits on', async () => {
    const { log, ask } = setUp()
    const waiting = ask('?wait=30000&member=rare')
    for (let i = 0; i < 3; i++) {
      await settled()
      log.grow(10)
    }
    await settled()
    log.tell(stubTransition({ version: 31, member: 'rare' }))
    expect(versions((await waiting).lines)).toEqual([31])
  })

  test('it reads no further than 50,000 for one request', async () => {
    const { log, ask } = setUp()
    log.grow(60_000)
    const { lines } = await ask('?after=oldest&member=nobody')
    expect(lines).toEqual([{ cursor: log.cursor(50_000) }])
    expect(log.reads).toBe(50)
  })
})

describe('who and how', () => {
  test.each([
    ['?after=nonsense', 'bad_cursor'],
    ['?after=', 'bad_cursor'],
    [`?after=${'x'.repeat(2_049)}`, 'bad_cursor'],
    ['?limit=0', 'bad_query'],
    ['?limit=1001', 'bad_query'],
    ['?wait=30001', 'bad_query'],
    ['?wait=-1', 'bad_query'],
    ['?wait=1.5', 'bad_query'],
    ['?kinds=', 'bad_query'],
    ['?kinds=join,nap', 'bad_query'],
    ['?member=', 'bad_id'],
    ['?before=1', 'bad_query'],
    ['?after=oldest&after=oldest', 'bad_query'],
  ])('%s', async (query, code) => {
    for (const headers of [{}, { accept: 'text/event-stream' }] as Record<string, string>[]) {
      const { status, lines } = await setUp().ask(query, { headers })
      expect([status, lines[0].code]).toEqual([400, code])
    }
  })

  test('a cursor past the end, and a log that cannot be read', async () => {
    const { ask, log } = setUp()
    expect((await ask('?after=log:7')).lines[0].code).toBe('cursor_ahead')
    log.failure = new SystoleError('store_failed', 'the disk is gone')
    const { status, lines } = await ask('?after=oldest')
    expect([status, lines[0].code]).toEqual([503, 'store_failed'])
  })

  test('a key that may read, and no token', async () => {
    const callerOf = keysOf({
      r: keyFor('reader', 'read'),
      p: keyFor('pusher', 'push'),
      t: tokenFor('7', { watch: EVERYBODY, ask: EVERYBODY, push: EVERYBODY }),
    })
    const log = new LogReader(new FakeLog(), new FakeTime().after)
    const app = appOf({ ...stubPresenceServer({}), log }, { routes: transitionRoutes, callerOf })
    const statusFor = async (headers: Record<string, string>) =>
      (await app(new Request('http://localhost/v1/transitions', { headers }))).status
    expect(await statusFor({})).toBe(401)
    expect(await statusFor({ authorization: 'Bearer r' })).toBe(200)
    expect(await statusFor({ authorization: 'Bearer p' })).toBe(403)
    expect(await statusFor({ authorization: 'Bearer t' })).toBe(403)
  })

  test('HEAD is answered without a body', async () => {
    const { get } = setUp()
    const answer = await get('', { method: 'HEAD' })
    expect([answer.status, await answer.text()]).toEqual([200, ''])
  })
})
