import { describe, expect, test } from 'bun:test'
import { FakeLog, FakeTime, settled } from '../../test/support/fake-log.ts'
import type { LogBatch } from '../stores/store.ts'
import { LogReader } from './log-reader.ts'

function setUp() {
  const log = new FakeLog()
  const time = new FakeTime()
  return { log, time, reader: new LogReader(log, time.after) }
}

/** What comes of a promise, as far as it has. */
function heardOf(promise: Promise<LogBatch>) {
  const heard: { batch: LogBatch | null; error: unknown } = { batch: null, error: null }
  promise.then(
    batch => {
      heard.batch = batch
    },
    error => {
      heard.error = error
    },
  )
  return heard
}

describe('waiting', () => {
  test('what is there is answered at once', async () => {
    const { log, time, reader } = setUp()
    log.grow(3)
    const batch = await reader.wait('oldest', 2, 30_000)
    expect(batch.transitions.map(({ version }) => version)).toEqual([1, 2])
    expect([batch.cursor, time.waiting]).toEqual([log.cursor(2), 0])
  })

  test('else as soon as something is told, after the moment it began to wait', async () => {
    const { log, reader, time } = setUp()
    log.grow(3)
    const heard = heardOf(reader.wait('newest', 10, 30_000))
    await settled()
    expect(heard.batch).toBeNull()
    log.grow(1)
    await settled()
    expect(heard.batch?.transitions.map(({ version }) => version)).toEqual([4])
    expect([reader.waiting, time.waiting]).toEqual([0, 0])
  })

  test('what is told while it looks is not missed', async () => {
    const { log, reader } = setUp()
    const heard = heardOf(reader.wait('newest', 10, 30_000))
    log.grow(1)
    const later = heardOf(reader.wait(log.cursor(1), 10, 30_000))
    await null
    log.grow(1)
    await settled()
    expect(heard.batch?.transitions.length).toBe(2)
    expect(later.batch?.transitions.map(({ version }) => version)).toEqual([2])
  })

  test('nor what is told while it reads after a word that came to nothing', async () => {
    const { log, reader } = setUp()
    const heard = heardOf(reader.wait('newest', 10, 30_000))
    await settled()
    for (const listener of log.listeners) listener()
    log.grow(1)
    await settled()
    expect(heard.batch?.transitions.length).toBe(1)
  })

  test('an empty answer with the cursor when the time is over', async () => {
    const { log, reader, time } = setUp()
    const heard = heardOf(reader.wait('newest', 10, 5_000))
    await time.pass(4_999)
    expect(heard.batch).toBeNull()
    await time.pass(1)
    expect(heard.batch).toEqual({ transitions: [], cursor: log.cursor(0), reset: false })
    expect(reader.waiting).toBe(0)
  })

  test('0 ms waits for nothing, and a reset is something', async () => {
    const { log, reader, time } = setUp()
    expect((await reader.wait('newest', 10, 0)).transitions).toEqual([])
    log.grow(5)
    log.trimmed = 3
    expect(await reader.wait(log.cursor(1), 10, 30_000)).toMatchObject({ reset: true, cursor: log.cursor(5) })
    expect(time.waiting).toBe(0)
  })

  test('one that goes away leaves nothing behind', async () => {
    const { log, reader, time } = setUp()
    const gone = new AbortController()
    const heard = heardOf(reader.wait('newest', 10, 30_000, gone.signal))
    await settled()
    gone.abort()
    await settled()
    expect(heard.batch).toEqual({ transitions: [], cursor: log.cursor(0), reset: false })
    expect([reader.waiting, time.waiting]).toEqual([0, 0])
    expect((await reader.wait('newest', 10, 30_000, gone.signal)).transitions).toEqual([])
  })

  test('a stop answers all with where they stand, and nobody waits after it', async () => {
    const { log, reader, time } = setUp()
    log.grow(2)
    const waiting = [
      heardOf(reader.wait('newest', 10, 30_000)),
      heardOf(reader.wait(log.cursor(2), 5, 30_000)),
    ]
    await settled()
    const late = heardOf(reader.wait('newest', 7, 30_000))
    reader.stop()
    await settled()
    for (const { batch } of [...waiting, late])
      expect(batch).toEqual({ transitions: [], cursor: log.cursor(2), reset: false })
    expect([reader.stopped, reader.waiting, time.waiting]).toEqual([true, 0, 0])
    expect((await reader.wait('newest', 10, 30_000)).transitions).toEqual([])
    expect((await reader.wait('oldest', 10, 30_000)).transitions.length).toBe(2)
  })

  test('a log that cannot be read is told to all', async () => {
    const { log, reader } = setUp()
    const waiting = [1, 2, 3].map(() => heardOf(reader.wait('newest', 10, 30_000)))
    await settled()
    log.failure = new Error('disk gone')
    log.grow(1)
    await settled()
    expect(waiting.map(({ error }) => error)).toEqual([log.failure, log.failure, log.failure])
    await expect(reader.wait('newest', 10, 30_000)).rejects.toBe(log.failure)
    expect(reader.waiting).toBe(0)
  })
})

describe('thousands', () => {
  test('at one place are one read each time, and wake together', async () => {
    const { log, reader } = setUp()
    const waiting = Array.from({ length: 5_000 }, () => heardOf(reader.wait('newest', 10, 30_000)))
    await settled()
    expect([log.reads, log.listeners.size, reader.waiting]).toEqual([1, 1, 5_000])
    log.grow(2)
    await settled()
    expect(log.reads).toBe(2)
    expect(waiting.every(({ batch }) => batch?.transitions.length === 2)).toBe(true)
    expect(reader.waiting).toBe(0)
  })

  test('with different limits each gets its own', async () => {
    const { log, reader } = setUp()
    const waiting = [1, 2, 3].map(limit => heardOf(reader.wait('newest', limit, 30_000)))
    await settled()
    log.grow(3)
    await settled()
    expect(waiting.map(({ batch }) => batch?.transitions.length)).toEqual([1, 2, 3])
  })
})

test('reads of one place at one time are one', async () => {
  const { log, reader } = setUp()
  log.grow(3)
  const both = await Promise.all([reader.read('oldest', 10), reader.read('oldest', 10)])
  expect([both[0] === both[1], log.reads]).toEqual([true, 1])
  await reader.read('oldest', 10)
  expect(log.reads).toBe(2)
})
