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

  test('notes while the disk is full: what was put is there, what cannot be is refused and changes nothing', async () => {
    const store = makeStore(mount('2m'))
    const opened = await store.open()
    const { notebook } = store
    await notebook.put('bans', 'ana', 1)
    spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'filler')}`, 'bs=4096'])
    const large = 'x'.repeat(60_000)
    const puts = Array.from({ length: 60 }, (_, n) => codeOf(notebook.put('session-data', `k${n}`, large)))
    expect(await Promise.all(puts)).toContain('store_failed')
    await store.commit(joins(1, 3_000))
    await until('degraded', () => store.health.degraded)
    expect(await codeOf(notebook.put('bans', 'ana', 2))).toBe('store_failed')
    expect(await codeOf(notebook.delete('bans', 'ana'))).toBe('store_failed')
    expect(await notebook.get('bans', 'ana')).toBe(1)
    rmSync(join(folder, 'filler'))
    await until('healed', () => !store.health.degraded && store.health.pending === 0)
    const kept = (await notebook.scan('session-data', null, 100)).map(({ key }) => key).sort()
    const resolved = (await Promise.all(puts)).flatMap((code, n) => (code === 'none' ? [`k${n}`] : []))
    expect(kept).toEqual(resolved.sort())
    await notebook.put('bans', 'ana', 3)
    await opened.close([])
    expect(await codeOf(notebook.get('bans', 'ana'))).toBe('store_failed')
    const again = makeStore()
    const reopened = await again.open()
    expect(await again.notebook.get('bans', 'ana')).toBe(3)
    await reopened.close([])
  }, 30_000)

  test('notes while the thread dies: exactly those that were put are there, and it goes on', async () => {
    const store = makeStore()
    const opened = await store.open()
    const { notebook } = store
    const puts: Promise<string>[] = []
    for (let n = 0; n < 300; n++) {
      if (n === 150) void threads[0]!.terminate()
      if (n % 10 === 0) store.commit(joins(1 + n * 10, n * 10 + 40))
      puts.push(codeOf(notebook.put('webhooks', `k${n}`, n)))
      if (n % 5 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    const codes = await Promise.all(puts)
    expect(threads.length).toBe(2)
    await until('healed', () => !store.health.degraded && store.health.pending === 0)
    const kept = (await notebook.scan('webhooks', null, 1_000)).map(({ key }) => key)
    expect(kept).toEqual(codes.flatMap((code, n) => (code === 'none' ? [`k${n}`] : [])).sort())
    expect(kept.length).toBeGreaterThanOrEqual(150)
    await notebook.put('webhooks', 'k', 'goes on')
    expect(await notebook.get('webhooks', 'k')).toBe('goes on')
    await opened.close([])
  }, 30_000)

  test('an erasure that waits for a full disk is carried out with everything else', async () => {
    const store = makeStore(mount('2m'))
    const opened = await store.open()
    const details = { name: 'secret-name', profile: { phone: 'secret-number' } }
    store.commit([change('begin', 1, 'a', { details }), change('begin', 2, 'b', { details: { name: 'b' } })])
    await settled(store)
    spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'filler')}`, 'bs=4096'])
    store.commit(joins(101, 3_000))
    await until('degraded', () => store.health.degraded)
    store.commit([change('update', 1, 'a', { details: { name: 'secret-too' } })])
    store.commit([change('end', 1, 'a'), change('erase', 0, 'a'), change('begin', 5_000, 'a')])
    rmSync(join(folder, 'filler'))
    await until('healed', () => !store.health.degraded && store.health.pending === 0)
    const found = (await readAll(store)).filter(({ member }) => member === 'a')
    expect(found.map(({ kind, name }) => [kind, name])).toEqual([
      ['leave', null],
      ['join', null],
    ])
    await opened.close([])
    for (const secret of ['secret-name', 'secret-number', 'secret-too'])
      expect(spawnSync('grep', ['-c', secret, path]).stdout.toString().trim()).toBe('0')
    expect(spawnSync('grep', ['-c', 'm2000', path]).stdout.toString().trim()).not.toBe('0')
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
    // what was told last is in memory
    expect(await readAll(store)).toEqual(told.slice(0, 10).map(logged))
    await expect(store.history('m3', null, 1)).resolves.toMatchObject({ transitions: [{ member: 'm3' }] })
    expect(await codeOf(store.notebook.get('bans', 'm3'))).toBe('store_failed')
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

async function codeOf(asked: Promise<unknown>): Promise<string> {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  return error === null ? 'none' : error instanceof SystoleError ? error.code : String(error)
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
