// The hub between a ledger and watchers without sockets: time, turns of the loop and deliveries happen when the test
// says so. What is published reaches its subscribers at once, in order.

import type { Details, SessionChange } from '../../src/core/change.ts'
import type { ClientMessage, Scope } from '../../src/protocol/messages.ts'
import { recordEntry } from '../../src/server/hub/entry.ts'
import { Hub } from '../../src/server/hub/hub.ts'
import type { Sight } from '../../src/server/hub/sight.ts'
import type { Recipient, Watcher } from '../../src/server/hub/watcher.ts'
import type { MemberRecord } from '../../src/stores/store.ts'
import { LedgerStore } from './ledger-store.ts'
import { WatchModel, type WatchRequest } from './watch-model.ts'

const WALL = 1_700_000_000_000

/** One watching program: connections come and go, what it knows stays. */
export class StageWatcher implements Recipient {
  watcher: Watcher | null = null
  cursor: string | null = null
  sight: Sight | null = null
  asks: Sight | null = null
  queued = 0
  /** Frames in order; forgotten with `sent.length = 0`. */
  readonly sent: string[] = []
  readonly model = new WatchModel()
  readonly topics = new Set<string>()
  #linked = true

  get link(): this | null {
    return this.#linked ? this : null
  }

  set linked(linked: boolean) {
    this.#linked = linked
    if (!linked) this.topics.clear()
  }

  get linked(): boolean {
    return this.#linked
  }

  subscribe(topic: string): void {
    this.topics.add(topic)
  }

  unsubscribe(topic: string): void {
    this.topics.delete(topic)
  }

  send(text: string): void {
    if (!this.#linked) return
    this.sent.push(text)
    this.model.hear(text)
  }
}

export class HubStage {
  readonly store = new LedgerStore()
  readonly watchers = new Set<StageWatcher>()
  readonly errors: unknown[] = []
  readonly hub: Hub
  at = 0
  /** Deliveries of the turn under way, and the most there ever were in one. */
  delivered = 0
  most = 0
  /** Frames handed to the runtime. */
  published = 0
  #turns: (() => void)[] = []
  #sessions = 0
  readonly #members = new Map<number, string>()

  constructor({ guarded = false } = {}) {
    this.hub = new Hub({
      store: this.store,
      views: { member: record => record },
      run: 'run',
      guarded,
      limits: { watched: 10_000, groups: 100 },
      version: 2 ** 32,
      maxQueued: 2 ** 20,
      now: () => this.at,
      wall: () => WALL + this.at,
      nextTurn: run => this.#turns.push(run),
      publish: (topic, text) => this.#publish(topic, text),
      count: () => {},
      onError: error => this.errors.push(error),
    })
  }

  // --- members

  /** A session begins; returns its number. */
  begin(member: string, details: Details | null = null): number {
    this.#sessions++
    this.#members.set(this.#sessions, member)
    this.change('begin', this.#sessions, { details })
    return this.#sessions
  }

  change(kind: SessionChange['kind'], session: number, patch: Partial<SessionChange> = {}): void {
    const change: SessionChange = {
      kind,
      session,
      member: this.#members.get(session) ?? '',
      at: WALL + this.at,
      since: WALL + this.at,
      lastEvidenceAt: WALL + this.at,
      lastBeatAt: WALL + this.at,
      reason: kind === 'end' || kind === 'suspect' ? 'lost' : null,
      dialect: 'native',
      instance: null,
      epoch: 0,
      timing: null,
      details: null,
      membership: null,
      ...patch,
    }
    this.hub.tell(this.store.commit([change]))
  }

  /** As the host does it, of one who has no session any more. */
  erase(member: string): void {
    const { seenGroups } = this.store.lookup([member])[0]!
    this.change('erase', 0, { member })
    this.hub.erased(member, seenGroups)
  }

  enter(session: number, group: string, member?: string): void {
    this.change('enter', session, { membership: { group, until: null }, ...(member && { member }) })
  }

  exit(session: number, group: string, member?: string): void {
    this.change('exit', session, { membership: { group, until: null }, ...(member && { member }) })
  }

  // --- watchers

  watcher(): StageWatcher {
    const watcher = new StageWatcher()
    this.watchers.add(watcher)
    return watcher
  }

  /** Sends a watch; `cursor: true`: goes on from the cursor the watcher holds. */
  watch(watcher: StageWatcher, request: WatchRequest, cursor: string | true | null = null): void {
    const list = watcher.model.expect(request, cursor !== true && request.of !== 'members')
    list.whole &&= request.of !== 'members'
    const message: ClientMessage = {
      t: 'watch',
      scope: scopeOf(request),
      suspect: request.suspect === true,
      cursor: cursor === true ? list.cursor : cursor,
    }
    this.hub.request(watcher, message)
  }

  unwatch(watcher: StageWatcher, request: WatchRequest): void {
    this.hub.request(watcher, { t: 'unwatch', scope: scopeOf(request) })
  }

  cut(watcher: StageWatcher): void {
    watcher.linked = false
    this.hub.closed(watcher)
  }

  // --- time

  /** One turn of the loop. */
  async turn(): Promise<void> {
    await settleMicrotasks()
    this.delivered = 0
    for (const run of this.#turns.splice(0)) run()
    this.most = Math.max(this.most, this.delivered)
    await settleMicrotasks()
  }

  /** Turns until nothing is left to do at this moment. */
  async settle(): Promise<void> {
    await settleMicrotasks()
    while (this.#turns.length > 0) await this.turn()
  }

  async advance(ms: number): Promise<void> {
    await this.settle()
    for (const until = this.at + ms; this.at < until; ) {
      this.at = Math.min(until, this.at + 100)
      this.hub.tick(this.at)
      await this.settle()
    }
  }

  /** The server's own list, as those see it who may watch. */
  async list(request: WatchRequest): Promise<Record<string, unknown>> {
    const records = [...this.store.ledger.members.keys()].map(id => this.store.lookup([id])[0]!)
    const found = new Map<string, unknown>()
    for (const id of request.members ?? []) found.set(id, { member: id, state: 'unknown' })
    for (const record of records)
      if (isWanted(record, request))
        found.set(record.id, plain(recordEntry(record, request.suspect === true)))
    return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  #publish(topic: string, text: string): void {
    this.published++
    for (const watcher of this.watchers) {
      if (!watcher.topics.has(topic)) continue
      this.delivered++
      watcher.send(text)
    }
  }
}

/** An entry without what a diff need not repeat: evidence moves on by itself. */
export function plain(entry: object): object {
  const { lastEvidenceAt, lastBeatAt, version, ...rest } = entry as Record<string, unknown>
  return rest
}

function isWanted(
  { id, state, settledState, status, seenGroups }: MemberRecord,
  request: WatchRequest,
): boolean {
  if (request.of === 'members') return request.members!.includes(id)
  if (request.of === 'group') return seenGroups.includes(request.group!)
  return state !== 'offline' && settledState !== 'offline' && status?.visibility !== 'hidden'
}

function scopeOf({ of, group, members }: WatchRequest): Scope {
  if (of === 'members') return { of, members: members ?? true }
  return of === 'group' ? { of, group: group! } : { of }
}

async function settleMicrotasks(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve()
}
