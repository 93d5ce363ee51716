// Who hears of whom: takes what connections want to watch and to ask, and passes on every step to those it concerns.
// It decides nothing about members: it is told by the store's commits, and answers from the store.

import { TICK } from '../../core/timing.ts'
import type { Step } from '../../core/transition.ts'
import { errorFrame } from '../../dialects/native-errors.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import type { ClientMessage, MessageId, Scope } from '../../protocol/messages.ts'
import { encode } from '../../protocol/server-codec.ts'
import type { Store } from '../../stores/store.ts'
import type { Views } from '../views.ts'
import { board } from './boarding.ts'
import { Cadence } from './cadence.ts'
import { type CountsFeed, noCounts } from './counts-feed.ts'
import { cursorAt, positionOf } from './cursor.ts'
import type { Feed } from './feed.ts'
import { Feeds } from './feeds.ts'
import { snapshotFrame } from './frames.ts'
import type { House } from './house.ts'
import { answer, callRoll, type Standing } from './roll-call.ts'
import { Roster, RosterIndex, runOf } from './roster.ts'
import { Rounds } from './rounds.ts'
import { StepTexts } from './step-texts.ts'
import { type Berth, type BerthScope, type Recipient, type TaskQueue, Watcher } from './watcher.ts'

/** What the hub is made with. */
export interface HubParts {
  readonly store: Store
  readonly views: Pick<Views, 'member'>
  /** Names this run of the server: random, letters, digits, `-` and `_`. */
  readonly run: string
  /** Bytes that may wait to be sent to one connection before it is cut. */
  readonly maxQueued: number
  /** Who watches may have to have the right to. */
  readonly guarded: boolean
  /** Ids and groups that one connection may watch. */
  readonly limits: { readonly watched: number; readonly groups: number }
  /** Version below every step of this run. */
  readonly version: number
  now(): number
  wall(): number
  publish(topic: string, text: string): void
  nextTurn(run: () => void): void
  count(name: string): void
  onError(error: unknown): void
}

type Watch = Extract<ClientMessage, { t: 'watch' }>
type Unwatch = Extract<ClientMessage, { t: 'unwatch' }>
type Ask = Extract<ClientMessage, { t: 'ask' }>
interface Refusal {
  readonly code: ErrorCode
  readonly message: string
  readonly field?: string
}

const SWEEP = 1_000
/** Members looked at in one go when a watcher of many is gone. */
const SLICE = 2_000

export class Hub {
  readonly #parts: HubParts
  readonly #house: House
  readonly #cadence: Cadence
  readonly #feeds: Feeds
  readonly #index = new RosterIndex()
  readonly #texts = new StepTexts()
  #version: number
  #erasedAt: number
  #sweptAt = 0
  #wakes: (() => void)[] = []

  constructor(parts: HubParts) {
    this.#parts = parts
    this.#version = parts.version
    this.#erasedAt = parts.version
    const rounds = new Rounds(parts.now, parts.nextTurn)
    this.#cadence = new Cadence(rounds, parts.now, TICK)
    this.#house = {
      ...parts,
      rounds,
      cadence: this.#cadence,
      highWater: parts.maxQueued / 4,
      version: () => this.#version,
      erasedAt: () => this.#erasedAt,
      nextTick: () => new Promise(resolve => this.#wakes.push(resolve)),
    }
    this.#feeds = new Feeds(this.#house)
  }

  /** Lists and counts that are kept up, and members that somebody named. */
  get load(): { readonly lists: number; readonly members: number } {
    return { lists: this.#feeds.size, members: this.#index.size }
  }

  /** What a connection wants to know. */
  request(to: Recipient, message: Watch | Unwatch | Ask): void {
    to.watcher ??= new Watcher()
    const { watcher } = to
    if (message.t === 'unwatch') return this.#unwatch(to, watcher, message)
    const queue = message.t === 'ask' ? watcher.asking : watcher.watching
    if (queue.full) return refuse(to, message, BUSY)
    if (message.t === 'watch') this.#watch(to, watcher, message)
    else this.#queue(queue, () => answer(this.#house, to, message.members, message.id))
  }

  /** A connection is gone. */
  closed(to: Recipient): void {
    const { watcher } = to
    to.watcher = null
    if (watcher === null) return
    for (const scope of watcher.berths.keys()) this.#leave(watcher, scope, null)
    if (watcher.roster !== null) this.#dismiss(watcher.roster)
  }

  /** A connection sees less than before, or more: what it may not watch any more is over, and it is told so. */
  resighted(to: Recipient): void {
    const { watcher } = to
    if (watcher === null) return
    for (const [key, { scope, feed }] of [...watcher.berths]) {
      if (mayWatch(to, scope)) continue
      this.#leave(watcher, key, to)
      refuse(to, { t: 'watch' }, forbidden(scope))
      const cursor = cursorAt(this.#house.run, this.#version)
      to.send(
        scope.of === 'counts'
          ? noCounts(scope.group, this.#house.wall())
          : snapshotFrame((feed as Feed).scope, 0, '', cursor, false),
      )
    }
    const { roster } = watcher
    if (roster === null) return
    roster.renew()
    this.#call(to, watcher, roster, [...roster.members], { since: null, reset: false })
  }

  /** What a commit returned, in order. */
  tell(steps: readonly Step[]): void {
    const at = this.#house.now()
    for (const step of steps) {
      this.#version = Math.max(this.#version, step.version)
      if (this.#feeds.size > 0) this.#feeds.hear(step, at)
      if (this.#index.size > 0) this.#index.hear(step, at)
    }
  }

  /** A member was erased, and was found in `groups` before; its last step has been told, as far as there was one. */
  erased(member: string, groups: readonly string[]): void {
    const at = this.#house.now()
    // the ledger left one out for it
    this.#version++
    this.#erasedAt = this.#version
    const erased = { erased: true, member, version: this.#version } as const
    this.#feeds.erase(erased, groups, at)
    this.#index.hear(erased, at)
  }

  tick(at: number): void {
    this.#cadence.tick(at)
    for (const wake of this.#wakes.splice(0)) wake()
    if (at - this.#sweptAt < SWEEP) return
    this.#sweptAt = at
    this.#texts.clear()
    this.#feeds.sweep(at)
  }

  // --- watching

  #watch(to: Recipient, watcher: Watcher, message: Watch): void {
    const { scope, suspect } = message
    if (!mayWatch(to, scope)) return refuse(to, message, forbidden(scope))
    const standing = this.#standing(to, message)
    if ('code' in standing) return refuse(to, message, standing)
    if (scope.of === 'members') return this.#watchMembers(to, watcher, message, standing)
    const key = berthKey(scope)
    if (!watcher.berths.has(key) && scope.of !== 'all' && scope.group !== null && this.#isCrowded(watcher))
      return this.#refuseMore(to, message, this.#parts.limits.groups, 'group')
    this.#leave(watcher, key, to)
    accept(to, message)
    if (scope.of === 'counts') return this.#watchCounts(to, watcher, key, scope.group, suspect)
    const feed = this.#feeds.list(scope, suspect)
    const berth: Berth<Feed> = { feed, scope, shard: -1, over: false }
    feed.watchers++
    watcher.berths.set(key, berth)
    this.#queue(watcher.watching, () => board(this.#house, { to, berth, ...standing }))
  }

  #watchCounts(to: Recipient, watcher: Watcher, key: string, group: string | null, suspect: boolean): void {
    const feed = this.#feeds.counts(group, suspect)
    const berth: Berth<CountsFeed> = { feed, scope: { of: 'counts', group }, shard: -1, over: false }
    feed.watchers++
    watcher.berths.set(key, berth)
    this.#queue(watcher.watching, async () => {
      const frame = await feed.frame()
      if (berth.over || to.link === null) return
      to.send(frame)
      berth.shard = feed.shards.join(to.link)
    })
  }

  #watchMembers(to: Recipient, watcher: Watcher, message: Watch, standing: Standing): void {
    const { members } = message.scope as { readonly members: readonly string[] }
    watcher.roster ??= new Roster(this.#house, this.#texts, to)
    const { roster } = watcher
    const added = members.reduce((sum, id) => sum + Number(!roster.members.has(id)), 0)
    const { watched } = this.#parts.limits
    if (roster.members.size + added > watched) return this.#refuseMore(to, message, watched, 'members')
    accept(to, message)
    roster.suspect = message.suspect
    for (const member of members) roster.members.add(member)
    this.#call(to, watcher, roster, members, standing)
  }

  #call(
    to: Recipient,
    watcher: Watcher,
    roster: Roster,
    members: readonly string[],
    standing: Standing,
  ): void {
    roster.loading++
    this.#queue(watcher.watching, async () => {
      await callRoll(this.#house, to, roster, this.#index, members, standing)
      roster.loaded(this.#house.now())
    })
  }

  #standing(to: Recipient, { cursor, scope }: Watch): Standing | Refusal {
    const given = cursor === true ? to.cursor : cursor
    if (given === null) return { since: null, reset: false }
    const run = scope.of === 'members' ? runOf(this.#house, to.sight) : this.#house.run
    const position = positionOf(given, run, this.#version)
    if (position.ok) return { since: position.version, reset: false }
    return position.code === 'reset' ? { since: null, reset: true } : CURSOR_REFUSED[position.code]
  }

  #unwatch(to: Recipient, watcher: Watcher, message: Unwatch): void {
    const { scope } = message
    if (scope.of !== 'members') this.#leave(watcher, berthKey(scope), to)
    else if (watcher.roster !== null) {
      const { roster } = watcher
      if (scope.members === true) {
        watcher.roster = null
        this.#dismiss(roster)
      } else for (const member of scope.members) this.#strike(member, roster)
    }
    accept(to, message)
  }

  // `to`: null where the connection is gone.
  #leave(watcher: Watcher, key: string, to: Recipient | null): void {
    const berth = watcher.berths.get(key)
    if (berth === undefined) return
    watcher.berths.delete(key)
    berth.over = true
    berth.feed.watchers--
    if (berth.shard !== -1) berth.feed.shards.leave(berth.shard, to?.link ?? null)
  }

  // A roster may be long: its watcher is gone at once, the index is cleared over several turns.
  #dismiss(roster: Roster): void {
    roster.over = true
    this.#cadence.drop(roster)
    const left = roster.members.values()
    const clear = (): number => {
      for (let n = 0; n < SLICE; n++) {
        const { value, done } = left.next()
        if (done) return n / 8
        this.#index.remove(value, roster)
      }
      this.#house.rounds.push(clear)
      return SLICE / 8
    }
    this.#house.rounds.push(clear)
  }

  #strike(member: string, roster: Roster): void {
    roster.forget(member)
    this.#index.remove(member, roster)
  }

  #isCrowded({ berths }: Watcher): boolean {
    let groups = 0
    for (const { scope } of berths.values()) if (scope.of !== 'all' && scope.group !== null) groups++
    return groups >= this.#parts.limits.groups
  }

  // counted under the same names as any other frame that is refused
  #refuseMore(to: Recipient, message: Watch, most: number, field: 'group' | 'members'): void {
    this.#parts.count('bad_input')
    this.#parts.count('bad_input_too_many')
    refuse(to, message, tooMany(most, field))
  }

  #queue(queue: TaskQueue, task: () => Promise<void>): void {
    queue.add(() => task().catch(error => this.#parts.onError(error)))
  }
}

const BUSY: Refusal = {
  code: 'too_many',
  message: 'too many requests wait for their answers: await some first',
}
const CURSOR_REFUSED: Record<'bad_cursor' | 'cursor_ahead', Refusal> = {
  bad_cursor: {
    code: 'bad_cursor',
    message: 'this is no cursor of ours: give back one as it came, or none',
    field: 'cursor',
  },
  cursor_ahead: {
    code: 'cursor_ahead',
    message: 'the cursor is past everything that was told so far: watch without it',
    field: 'cursor',
  },
}

function accept(to: Recipient, { id }: { readonly id?: MessageId }): void {
  if (id !== undefined) to.send(encode({ t: 'ack', id }))
}

function refuse(
  to: Recipient,
  { t, id }: { readonly t: string; readonly id?: MessageId },
  { code, message, field }: Refusal,
): void {
  to.send(errorFrame(code, message, { re: t, id, field }))
}

function tooMany(most: number, field: 'group' | 'members'): Refusal {
  const what = field === 'group' ? `${most} groups` : `${most} members`
  const message = `a connection may watch ${what}: unwatch ${field === 'group' ? 'one' : 'some, or watch a group'}`
  return { code: 'too_many', message, field }
}

// Members are looked at one by one: whom the right does not reach is unknown.
function mayWatch({ sight }: Recipient, scope: Scope): boolean {
  if (sight === null || scope.of === 'members') return true
  return scope.of !== 'all' && scope.group !== null && sight.seesGroup(scope.group)
}

function forbidden({ of, ...scope }: Scope): Refusal {
  const what = 'group' in scope && scope.group !== null ? `group ${JSON.stringify(scope.group)}` : 'everybody'
  return { code: 'forbidden', message: `the token does not let you watch ${what}`, field: of }
}

function berthKey(scope: BerthScope): string {
  if (scope.of === 'all') return 'all'
  if (scope.of === 'group') return `group ${scope.group}`
  return scope.group === null ? 'counts' : `counts ${scope.group}`
}
