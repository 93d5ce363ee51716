// Everything that can go wrong with the data file, made to happen: at the start one clear error, while running a
// store that goes on in memory, says so once, and writes everything when it can again.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { logged, type Step } from '../../src/core/transition.ts'
import { SystoleError } from '../../src/errors.ts'
import { embeddedStore } from '../../src/stores/embedded/embedded-store.ts'
import { startFileThread, type Thread } from '../../src/stores/embedded/file-link.ts'
import { change, readAll, settled, until } from '../support/store-changes.ts'
import { StoreChild } from '../support/store-child.ts'

let folder = ''
let path = ''
let errors: Error[] = []
let threads: Thread[] = []
const mounted: string[] = []

const makeStore = (file = path) => {
  const onError = (error: Error) => errors.push(error)
  return embeddedStore({ path: file, now: Date.now, onError }, () => {
    const thread = startFileThread()
    threads.push(thread)
    return thread
  })
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'systole-fail-'))
  path = join(folder, 'systole.db')
  errors = []
  threads = []
})
afterEach(() => {
  for (const place of mounted.splice(0)) run('umount', '-l', place)
  rmSync(folder, { recursive: true })
})

describe('at the start', () => {
  test('the folder is made', async () => {
    path = join(folder, 'a/b/systole.db')
    const opened = await makeStore().open()
    await opened.close([])
    expect(statSync(path).size).toBeGreaterThan(0)
  })

  test('a path that is a folder', async () => {
    mkdirSync(path)
    await expectRefusal('store_failed', 'is a folder')
  })

  test('a folder that cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '')
    path = join(folder, 'file/systole.db')
    await expectRefusal('store_failed', '--data')
  })

  test('something that is no database', async () => {
    writeFileSync(path, 'not a database, whatever it is'.repeat(1_000))
    await expectRefusal('store_corrupt', 'is not a Systole data file')
  })

  test("another program's database", async () => {
    sql('create table theirs (x)')
    await expectRefusal('store_corrupt', 'belongs to another program')
  })

  test('a file of a newer version', async () => {
    await (await makeStore().open()).close([])
    sql('pragma user_version = 999')
    await expectRefusal('store_failed', 'newer Systole')
  })

  test('a damaged file', async () => {
    const store = makeStore()
    const opened = await store.open()
    store.commit(Array.from({ length: 5_000 }, (_, n) => change('begin', n + 1, `m${n}`)))
    await opened.close([])
    const size = statSync(path).size
    const rubbish = Buffer.alloc(size - 8_192, 0x5a)
    run('dd', 'if=/dev/stdin', `of=${path}`, 'bs=4096', 'seek=2', 'conv=notrunc', { input: rubbish })
    await expectRefusal('store_corrupt', 'is damaged')
  })

  test('a file another process holds, until that one is gone', async () => {
    const child = new StoreChild('node', path, 1_000)
    await child.hasTold(1)
    await expectRefusal('store_locked', 'in use by another process')
    await child.end('SIGKILL')
    await (await makeStore().open()).close([])
  })

  test('a read-only file system', async () => {
    await (await makeStore(mount('1m')).open()).close([])
    run('mount', '-o', 'remount,ro', folder)
    await expectRefusal('store_failed', 'read-only')
  })

  test('a full disk', async () => {
    mount('1m')
    spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'filler')}`, 'bs=4096'])
    await expectRefusal('store_failed', 'disk is full')
  })
})

describe('while running', () => {
  test('a full disk: goes on in memory, says so once, loses nothing', async () => {
    const store = makeStore(mount('2m'))
    const opened = await store.open()
    const before = await store.commit(joins(1, 100))
    await settled(store)
    spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'filler')}`, 'bs=4096'])
    const during = await store.commit(joins(101, 3_000))
    await until('degraded', () => store.health.degraded)
    expect(store.health.problem).toContain(path)
    expect(store.health.problem).toContain('disk is full')
    const more = await store.commit([...joins(3_001, 3_100), change('end', 5, 'm5')])
    expect(store.lookup(['m3050', 'm5'])).toMatchObject([{ state: 'online' }, { state: 'offline' }])
    expect(await readAll(store)).toEqual(before.map(logged))
    await until(
      'tried again in vain',
      () => store.health.degraded && store.health.pending === during.length + more.length,
    )
    rmSync(join(folder, 'filler'))
    await until('healed', () => !store.health.degraded && store.health.pending === 0)
    expect(store.health.problem).toBe('')
    expect(errors.length).toBe(1)
    await expectKept(store, opened, [...before, ...during, ...more], 3_099)
  }, 30_000)

  test('a thread that dies, idle and at work', async () => {
    const store = makeStore()
    const opened = await store.open()
    const told = [...(await store.commit(joins(1, 10)))]
    await settled(store)
    await threads.at(-1)!.terminate()
    await until('a new thread', () => threads.length === 2)
    told.push(...(await store.commit(joins(11, 5_000))))
    await threads.at(-1)!.terminate()
    told.push(...(await store.commit([change('end', 20, 'm20'), change('begin', 6_000, 'm20')])))
    await settled(store)
    await until('healed', () => !store.health.degraded)
    expect(threads.length).toBe(3)
    expect(errors.every(error => error.message.includes(path))).toBe(true)
    await expectKept(store, opened, told, 5_000)
  }, 30_000)

  test('a file that was moved away: noticed at the next write, and put back everything is written', async () => {
    const store = makeStore()
    const opened = await store.open()
    const told = [...(await store.commit(joins(1, 10)))]
    await settled(store)
    for (const end of ['', '-wal']) renameSync(path + end, `${path}.away${end}`)
    told.push(...(await store.commit(joins(11, 20))))
    await until('noticed', () => store.health.problem.includes('moved or deleted'))
    expect(store.health.degraded).toBe(true)
    for (const end of ['', '-wal']) renameSync(`${path}.away${end}`, path + end)
    await settled(store)
    expect(errors.length).toBe(1)
    await expectKept(store, opened, told, 20)
  }, 30_000)

  test('a file that was replaced: never written over', async () => {
    const store = makeStore()
    const opened = await store.open()
    store.commit(joins(1, 10))
    await settled(store)
    for (const end of ['', '-wal']) rmSync(path + end)
    await (await makeStore().open()).close([])
    await threads[0]!.terminate()
    store.commit(joins(11, 20))
    await until('noticed', () => store.health.problem.includes('replaced or used by another server'))
    await opened.close([])
    expect(errors.at(-1)?.message).toContain('Closed with 10 transitions not written')
    const other = makeStore()
    const theirs = await other.open()
    expect(other.counts.online).toBe(0)
    await theirs.close([])
  }, 30_000)
})

type Running = ReturnType<typeof makeStore>

async function expectKept(
  store: Running,
  opened: Awaited<ReturnType<Running['open']>>,
  steps: readonly Step[],
  sessions: number,
): Promise<void> {
  const told = steps.map(logged)
  expect(await readAll(store)).toEqual(told)
  await opened.close([])
  const again = makeStore()
  const reopened = await again.open()
  expect(reopened.sessions.length).toBe(sessions)
  expect(await readAll(again)).toEqual(told)
  await reopened.close([])
}

async function expectRefusal(code: SystoleError['code'], words: string): Promise<void> {
  const error = await makeStore()
    .open()
    .then(
      () => null,
      (thrown: unknown) => thrown,
    )
  expect(error).toBeInstanceOf(SystoleError)
  const { code: found, message } = error as SystoleError
  expect(found).toBe(code)
  expect(message).toContain(path)
  expect(message).toContain(words)
  expect(message).toContain(code === 'store_corrupt' && words === 'is damaged' ? 'backup' : '--data')
}

function joins(from: number, to: number) {
  return Array.from({ length: to - from + 1 }, (_, n) => change('begin', from + n, `m${from + n}`))
}

function mount(size: string): string {
  run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder)
  mounted.push(folder)
  return path
}

function sql(text: string): void {
  const db = new DatabaseSync(path)
  db.exec(text)
  db.close()
}

function run(program: string, ...rest: (string | { input: Buffer })[]): void {
  const options = rest.find(part => typeof part !== 'string')
  const args = rest.filter(part => typeof part === 'string')
  const { status, stderr } = spawnSync(program, args, options)
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
}
