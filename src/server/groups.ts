// Who is put into which group: by a session, with which the membership ends, or by the host, for which it stands until
// it is taken away or its time is over. It asks the store how many a member has, and leaves the rest to the ledger.

import type { Details, Membership } from '../core/change.ts'
import type { Clock } from '../core/clock.ts'
import { hostChange } from '../core/session-change.ts'
import type { Step } from '../core/transition.ts'
import { SystoleError } from '../errors.ts'
import { parseId } from '../protocol/ids.ts'
import type { Awaitable, Lapse, MemberRecord, Store } from '../stores/store.ts'
import type { Committer } from './committer.ts'
import type { Connection } from './connection.ts'
import { Lapses } from './lapses.ts'
import type { WallTime } from './monotonic.ts'

/** What it works with. */
export interface GroupsParts {
  readonly store: Store
  readonly committer: Committer
  readonly clock: Clock
  readonly time: WallTime
  /** Groups a member may be in, at most `MOST_GROUPS` of the ledger. */
  readonly most: number
  onError(error: unknown): void
}

/** What a status may last too long for. */
const LEAP = 500

export class Groups {
  readonly #parts: GroupsParts
  readonly #lapses: Lapses
  #leapt = 0
  /** Connections of which a change still waits for the store: the next one comes after it. */
  readonly #busy = new Map<Connection, Promise<unknown>>()

  constructor(parts: GroupsParts, lapses: readonly Lapse[]) {
    this.#parts = parts
    this.#lapses = new Lapses(parts.clock.now(), lapse => this.#deadline(lapse))
    for (const lapse of lapses) this.#lapses.note(lapse)
  }

  // --- by a session

  /** False: its member is in as many as it may be. */
  enter(connection: Connection, group: string): Awaitable<boolean> {
    return this.#inTurn(connection, () => {
      const member = connection.session?.member
      if (member == null) return true
      return then(this.#record(member), record => {
        if (!hasRoom(record, group, this.#parts.most)) return false
        connection.move('enter', group, this.#parts.clock.now())
        return true
      })
    })
  }

  exit(connection: Connection, group: string): Awaitable<void> {
    return this.#inTurn(connection, () => connection.move('exit', group, this.#parts.clock.now()))
  }

  // --- by the host

  /** `ttl` in ms; without one it stands until it is removed. Rejects with `bad_id`, `bad_option` or `too_many_groups`. */
  async add(group: string, member: string, ttl?: number): Promise<void> {
    checkIds(group, member)
    if (ttl !== undefined && (!Number.isSafeInteger(ttl) || ttl < 1))
      throw new SystoleError('bad_option', `ttl ${ttl} must be a whole number of milliseconds from 1`)
    if (!hasRoom(await this.#record(member), group, this.#parts.most))
      throw new SystoleError(
        'too_many_groups',
        `member ${JSON.stringify(member)} is in ${this.#parts.most} groups already: remove it from one`,
      )
    const until = ttl === undefined ? null : this.#parts.time.wall() + ttl
    if (until === null) this.#lapses.forget(member, group)
    else this.#lapses.note({ what: 'membership', member, group, until })
    this.#change('enter', member, null, { group, until })
  }

  /** Rejects with `bad_id`. */
  async remove(group: string, member: string): Promise<void> {
    checkIds(group, member)
    this.#lapses.forget(member, group)
    // who was never seen is in no group, and does not become known by leaving one
    if ((await this.#record(member)) !== null) this.#change('exit', member, null, { group, until: null })
  }

  // --- by time

  tell(steps: readonly Step[]): void {
    this.#lapses.tell(steps)
  }

  /** What is told leapt over so many ms. */
  leapt(ms: number): void {
    this.#leapt += ms
    // a clock that goes a little slow leaps every minute
    if (this.#leapt < LEAP) return
    this.#leapt = 0
    this.#lapses.leapt()
  }

  tick(at: number): void {
    for (const lapse of this.#lapses.due(at)) {
      const done = then(this.#record(lapse.member), record => this.#lapse(lapse, record))
      if (done instanceof Promise) done.catch(error => this.#parts.onError(error))
    }
  }

  // Who was forgotten meanwhile must not become known by what is over.
  #lapse(lapse: Lapse, record: MemberRecord | null): void {
    const { member, until } = lapse
    if (record === null) return
    if (lapse.what === 'membership') this.#change('exit', member, null, { group: lapse.group, until: null })
    else if (record.status?.until === until) this.#change('update', member, { status: null }, null)
  }

  // --- inside

  // A status says until when by the clock that is told, which is the one that clients know of.
  #deadline({ what, until }: Lapse): number {
    const { clock, time } = this.#parts
    return what === 'status' ? clock.now() + until - time.told(clock.now()) : time.deadline(until)
  }

  #record(member: string): Awaitable<MemberRecord | null> {
    this.#parts.committer.flush()
    return then(this.#parts.store.lookup([member]), ([record]) => record ?? null)
  }

  #change(
    kind: 'update' | 'enter' | 'exit',
    member: string,
    details: Details | null,
    membership: Membership | null,
  ): void {
    const { clock, committer } = this.#parts
    committer.add(hostChange(kind, member, clock.now(), details, membership))
  }

  #inTurn<T>(connection: Connection, run: () => Awaitable<T>): Awaitable<T> {
    const before = this.#busy.get(connection)
    const answer = before === undefined ? run() : before.then(run)
    if (!(answer instanceof Promise)) return answer
    const settled: Promise<unknown> = answer.catch(() => undefined)
    this.#busy.set(connection, settled)
    void settled.then(() => {
      if (this.#busy.get(connection) === settled) this.#busy.delete(connection)
    })
    return answer
  }
}

function hasRoom(record: MemberRecord | null, group: string, most: number): boolean {
  return record === null || record.groups.length < most || record.groups.includes(group)
}

function checkIds(group: string, member: string): void {
  for (const [what, id] of [
    ['group', group],
    ['member', member],
  ] as const) {
    const parsed = typeof id === 'string' ? parseId(id) : ({ ok: false, code: 'wrong_type' } as const)
    if (!parsed.ok)
      throw new SystoleError(
        'bad_id',
        `${what} ${JSON.stringify(String(id).slice(0, 80))} is no id: ${parsed.code}`,
      )
  }
}

// A store in memory answers at once: what follows must not wait for a turn then.
function then<T, R>(value: Awaitable<T>, next: (value: T) => R): Awaitable<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}
