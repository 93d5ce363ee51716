// The columns of the tables in the order in which rows travel and are written. The one place that knows it besides
// the functions of rows.ts.

/** One column of one row. */
export type Value = string | number | null

export const COLUMNS = {
  members: [
    'row',
    'id',
    'name',
    'type',
    'profile',
    'state',
    'since',
    'joined_at',
    'reason',
    'version',
    'last_evidence_at',
    'last_beat_at',
    'listed',
    'status',
    'standing',
  ],
  sessions: [
    'id',
    'member',
    'instance',
    'epoch',
    'dialect',
    'state',
    'last_evidence_at',
    'last_beat_at',
    'in_groups',
    'timing',
  ],
  transitions: [
    'version',
    'kind',
    'member',
    'at',
    'state',
    'since',
    'joined_at',
    'reason',
    'session',
    'last_evidence_at',
    'last_beat_at',
    'name',
    'type',
    'profile',
    'status',
    'in_groups',
    'previous',
  ],
} as const
