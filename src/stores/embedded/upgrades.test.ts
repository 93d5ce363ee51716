import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { change, readAll, settled, T0 } from '../../../test/support/store-changes.ts'
import { embeddedStore } from './embedded-store.ts'
import { SCHEMA } from './schema.ts'

/** The schema of version 1, as it was published. */
const FIRST = `
create table meta (key text primary key, value) without rowid;
create table epochs (epoch integer primary key, opened_at integer not null, last integer);
create table members (
  row integer primary key, id text not null, name text, type text, profile text, state text not null,
  since integer not null, joined_at integer, reason text, version integer not null,
  last_evidence_at integer, last_beat_at integer, listed integer not null
);
create table sessions (
  id integer primary key, member integer not null, instance text, epoch integer not null, dialect text not null,
  state text not null, last_evidence_at integer not null, last_beat_at integer
);
create table transitions (
  version integer primary key, kind text not null, member text not null, at integer not null, state text not null,
  since integer not null, joined_at integer, reason text, session integer not null,
  last_evidence_at integer, last_beat_at integer, name text, type text, profile text
);
pragma application_id = ${0x53595354};
pragma user_version = 1;
`
const EPOCH = 2 ** 32

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'systole-upgrade-'))
  path = join(folder, 'systole.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

function makeFirst(): void {
  const db = new DatabaseSync(path)
  db.exec(FIRST)
  const v = 3 * EPOCH
  db.exec(`
    insert into meta values ('log', 'oldlog'), ('trimmed', 0), ('last_session', 4);
    insert into epochs values (3, ${T0}, null);
    insert into members values
      (1, 'ana', 'Ana', 'person', '{"phone":"1"}', 'online', ${T0}, ${T0}, null, ${v + 1}, ${T0}, null, 1),
      (2, 'eva', null, null, null, 'offline', ${T0 + 9}, null, 'left', ${v + 3}, ${T0}, ${T0}, 0);
    insert into sessions values (4, 1, 'i-1', 2, 'heartbeat', 'online', ${T0}, ${-(2 ** 31)});
    insert into transitions values
      (${v + 1}, 'join', 'ana', ${T0}, 'online', ${T0}, ${T0}, null, 4, ${T0}, null, 'Ana', 'person', '{"phone":"1"}'),
      (${v + 2}, 'join', 'eva', ${T0}, 'online', ${T0}, ${T0}, null, 3, ${T0}, ${T0}, null, null, null),
      (${v + 3}, 'leave', 'eva', ${T0 + 9}, 'offline', ${T0 + 9}, ${T0}, 'left', 3, ${T0}, ${T0}, null, null, null);
  `)
  db.close()
}

function columnsOf(db: DatabaseSync): unknown[] {
  const tables = ['members', 'sessions', 'transitions', 'notes']
  return tables.map(table =>
    db.prepare(`select name, type, "notnull" from pragma_table_info('${table}')`).all(),
  )
}

test('a file of the first schema loses nothing and takes what is new', async () => {
  makeFirst()
  const store = embeddedStore({ path, now: () => T0 + 100 })
  const opened = await store.open()
  expect(opened.sessions).toMatchObject([
    { id: 4, member: 'ana', instance: 'i-1', lastBeatAt: null, groups: [] },
  ])
  expect(opened.lapses).toEqual([])
  const [ana, eva] = await store.lookup(['ana', 'eva'])
  expect(ana).toMatchObject({
    name: 'Ana',
    profile: { phone: '1' },
    status: null,
    groups: [],
    unproven: true,
  })
  expect(eva).toMatchObject({ state: 'offline', reason: 'left', version: 3 * EPOCH + 3 })
  expect((await readAll(store)).map(({ kind, status, groups }) => [kind, status, groups])).toEqual([
    ['join', null, []],
    ['join', null, []],
    ['leave', null, []],
  ])
  await store.commit([
    change('resume', 4, 'ana'),
    change('enter', 4, 'ana', { membership: { group: 'g', until: null } }),
    change('enter', 0, 'eva', { membership: { group: 's', until: T0 + 999 } }),
    change('update', 4, 'ana', { details: { status: { visibility: 'hidden', text: 'x', until: T0 + 500 } } }),
  ])
  await settled(store)
  await opened.close([])
  const again = embeddedStore({ path, now: () => T0 + 200 })
  const reopened = await again.open()
  expect(reopened.sessions).toMatchObject([{ id: 4, groups: ['g'] }])
  expect(reopened.lapses).toEqual([
    { what: 'status', member: 'ana', until: T0 + 500 },
    { what: 'membership', member: 'eva', group: 's', until: T0 + 999 },
  ])
  expect(await again.lookup(['ana'])).toMatchObject([
    { groups: ['g'], status: { visibility: 'hidden', text: 'x' } },
  ])
  await reopened.close([])
})

test('the steps of an older file are joined: they have a history, and are struck out with their member', async () => {
  makeFirst()
  const store = embeddedStore({ path, now: () => T0 + 100 })
  const opened = await store.open()
  const v = 3 * EPOCH
  const { transitions, next } = await store.history('eva', null, 10)
  expect(transitions.map(({ kind, version, previous }) => [kind, version, previous])).toEqual([
    ['leave', v + 3, v + 2],
    ['join', v + 2, 0],
  ])
  expect(next).toBeNull()
  expect(await store.history('eva', null, 1)).toMatchObject({ next: v + 3 })
  await store.commit([change('erase', 0, 'eva'), change('begin', 9, 'new')])
  await settled(store)
  expect((await readAll(store)).map(({ kind, member }) => [kind, member])).toEqual([
    ['join', 'ana'],
    ['leave', 'eva'],
    ['join', 'new'],
  ])
  await store.notebook.put('bans', 'eva', { since: T0 })
  expect(await store.notebook.get('bans', 'eva')).toEqual({ since: T0 })
  await opened.close([])
})

test('a file that was upgraded has the columns of a new one', async () => {
  makeFirst()
  const store = embeddedStore({ path, now: () => T0 })
  await (await store.open()).close([])
  const upgraded = new DatabaseSync(path)
  const fresh = new DatabaseSync(':memory:')
  fresh.exec(SCHEMA)
  expect(columnsOf(upgraded)).toEqual(columnsOf(fresh))
  expect(upgraded.prepare('pragma user_version').get()).toEqual(fresh.prepare('pragma user_version').get())
  upgraded.close()
  fresh.close()
})
