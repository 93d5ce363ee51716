// Makes an older data file one of today's schema. Each step is the statements of one version and is never edited
// again; a file that was upgraded and one that was made anew have the same columns.

// The first schema was written with a number where no beat had come yet.
const UPGRADES = [
  `
alter table members add column status text;
alter table members add column standing text;
alter table sessions add column in_groups text;
alter table transitions add column status text;
alter table transitions add column in_groups text;
update sessions set last_beat_at = null where last_beat_at < 0;
pragma user_version = 2;
`,
  `
alter table sessions add column timing text;
alter table transitions add column previous integer not null default 0;
update transitions set previous = chain.before from
  (select version, lag(version, 1, 0) over (partition by member order by version) as before from transitions) as chain
  where transitions.version = chain.version and chain.before > 0;
create table notes (book text not null, key blob not null, value text not null, primary key (book, key)) without rowid;
pragma user_version = 3;
`,
]

/** What is to be run, in order, on a file of schema `from` (>= 1). */
export function upgradesFrom(from: number): readonly string[] {
  return UPGRADES.slice(from - 1)
}
