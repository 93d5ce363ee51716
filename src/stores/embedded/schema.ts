// The tables of the data file. Rows are numbered in the order in which they first came, so that a join appends to
// three tables and touches no other page: a key of random ids would cost five times as much.

import { COLUMNS } from './columns.ts'

/** 'SYST': says that a file is ours. */
export const APPLICATION_ID = 0x53595354

/** Grows with every change a former version could not read. */
export const SCHEMA_VERSION = 3

export const SCHEMA = `
create table meta (key text primary key, value) without rowid;
create table epochs (epoch integer primary key, opened_at integer not null, last integer);
create table members (
  row integer primary key, id text not null, name text, type text, profile text, state text not null,
  since integer not null, joined_at integer, reason text, version integer not null,
  last_evidence_at integer, last_beat_at integer, listed integer not null,
  status text, standing text
);
create table sessions (
  id integer primary key, member integer not null, instance text, epoch integer not null, dialect text not null,
  state text not null, last_evidence_at integer not null, last_beat_at integer,
  in_groups text, timing text
);
create table transitions (
  version integer primary key, kind text not null, member text not null, at integer not null, state text not null,
  since integer not null, joined_at integer, reason text, session integer not null,
  last_evidence_at integer, last_beat_at integer, name text, type text, profile text,
  status text, in_groups text, previous integer not null default 0
);
create table notes (book text not null, key blob not null, value text not null, primary key (book, key)) without rowid;
pragma application_id = ${APPLICATION_ID};
pragma user_version = ${SCHEMA_VERSION};
`

/** Writes one row, over an older one of the same number. */
export function upsertInto(table: keyof typeof COLUMNS): string {
  const marks = COLUMNS[table].map(() => '?').join(',')
  return `insert or replace into ${table} (${COLUMNS[table].join(',')}) values (${marks})`
}

/** Reads rows in the order of columns that rows.ts knows. */
export function selectFrom(table: keyof typeof COLUMNS, rest: string): string {
  return `select ${COLUMNS[table].join(',')} from ${table} ${rest}`
}
