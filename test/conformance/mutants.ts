// Ways in which a server may be wrong, one fault each, and by which cases the suite must notice it. What no case
// notices is no demand of the suite, whatever its titles say.

import type { Message, Mutant } from './wrong-server.ts'

export interface Fault extends Mutant {
  readonly what: string
  /** Words of titles: at least one case that has them must fail. */
  readonly noticed: string
}

type Entries = readonly Readonly<Record<string, unknown>>[]

const asIs = (message: Message): readonly Message[] => [message]
const only = (t: string, spoil: (message: Message) => readonly Message[]) => (message: Message) =>
  message.t === t ? spoil(message) : [message]
const without = (key: string) => (message: Message) => {
  const { [key]: _, ...rest } = message
  return [rest as Message]
}
const entries = (of: (entry: Readonly<Record<string, unknown>>) => object) => (message: Message) =>
  Array.isArray(message.entries) ? [{ ...message, entries: (message.entries as Entries).map(of) }] : [message]

function wrongTimes(): (message: Message) => readonly Message[] {
  let now = 2_000_000_000_000
  return message => [{ ...message, now: now-- }]
}

/** Tells the first diff of each watch before its snapshot. */
function overtaking(message: Message): readonly Message[] {
  const { of, group } = message
  return [{ t: 'diff', of, ...(group === undefined ? {} : { group }), entries: [], cursor: 'early' }, message]
}

export const CONTROL: Mutant = { fromServer: asIs, fromClient: asIs }

export const FAULTS: readonly Fault[] = [
  { what: 'drops diffs', fromServer: only('diff', () => []), noticed: 'enter and exit are told' },
  {
    what: 'tells a diff before the snapshot',
    fromServer: only('snapshot', overtaking),
    noticed: 'those who are in it',
  },
  {
    what: 'repeats every diff',
    fromServer: only('diff', diff => [diff, diff]),
    noticed: 'a new watch replaces the old',
  },
  {
    what: 'snapshots have no cursor',
    fromServer: only('snapshot', without('cursor')),
    noticed: 'an empty list',
  },
  {
    what: 'ends every part of a snapshot',
    fromServer: only('snapshot', without('more')),
    noticed: 'parts of at most 500',
  },
  {
    what: 'nobody is gone',
    fromServer: entries(({ gone: _, ...entry }) => entry),
    noticed: 'a leave is gone',
  },
  {
    what: 'versions stand still',
    fromServer: entries(entry => ({ ...entry, version: 7 })),
    noticed: 'move on with',
  },
  {
    what: 'forgets unknown ids',
    fromServer: message => [
      Array.isArray(message.entries)
        ? { ...message, entries: (message.entries as Entries).filter(({ state }) => state !== 'unknown') }
        : message,
    ],
    noticed: 'every id is answered',
  },
  {
    what: 'tells one entry per diff',
    fromServer: only('diff', diff => (diff.entries as Entries).map(entry => ({ ...diff, entries: [entry] }))),
    noticed: 'what follows is told together',
  },
  {
    what: 'never resumes',
    fromServer: only('welcome', welcome => [{ ...welcome, resumed: false }]),
    noticed: 'newer epoch',
  },
  {
    what: 'forgets who is away',
    fromClient: only('hello', ({ away: _, ...hello }) => [
      hello.epoch === 1 ? { ...hello, away: true } : hello,
    ]),
    noticed: 'away stays away',
  },
  {
    what: 'starts every watch anew',
    fromClient: only('watch', without('cursor')),
    noticed: 'what was missed',
  },
  {
    what: 'says resumed of no diff',
    fromServer: only('diff', without('resumed')),
    noticed: 'nothing missed',
  },
  { what: 'acknowledges nothing', fromServer: only('ack', () => []), noticed: 'acknowledged once' },
  { what: 'acknowledges twice', fromServer: only('ack', ack => [ack, ack]), noticed: 'acknowledged once' },
  {
    what: 'its clock runs backwards',
    fromServer: only('beat', wrongTimes()),
    noticed: 'a time that never falls',
  },
  { what: 'names no fields', fromServer: only('error', without('field')), noticed: 'refused by name' },
  {
    what: 'keeps the reason of a refusal',
    fromServer: only('error', () => []),
    noticed: 'refused with 4511',
  },
  { what: 'closes with 1000', close: 1000, noticed: 'refused with 4409' },
  {
    what: 'unwatches nothing',
    fromClient: only('unwatch', ({ id }) => [{ t: 'back', ...(id === undefined ? {} : { id }) }]),
    noticed: 'after unwatch',
  },
  {
    what: 'never hides',
    fromClient: only('status', status => [{ ...status, visibility: 'shown' }]),
    noticed: 'hidden:',
  },
  {
    what: 'shows suspicions to all',
    fromClient: only('watch', watch => [{ ...watch, suspect: true }]),
    noticed: 'the latest suspect',
  },
  {
    what: 'counts stand still',
    fromServer: only('counts', counts => [
      { ...counts, states: { online: 0, away: 0, suspect: 0, offline: 0 } },
    ]),
    noticed: 'counts of a group',
  },
]
