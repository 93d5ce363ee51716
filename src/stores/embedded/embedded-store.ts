// The store of one machine: the truth in memory, judged by the ledger, and a file behind it for what must survive.
// It answers from memory alone and never waits for the file but to tell the log.

import type { SessionChange } from '../../core/change.ts'
import { Ledger } from '../../core/ledger.ts'
import type { Member } from '../../core/member.ts'
import type { Step } from '../../core/transition.ts'
import type { MemberState } from '../../protocol/words.ts'
import type { Notebook } from '../notebook.ts'
import type {
  Census,
  EvidenceRecord,
  HistoryPage,
  LogBatch,
  LogPlace,
  MemberRecord,
  Opened,
  Page,
  PageQuery,
  SessionRecord,
  Standing,
  Store,
  StoreHealth,
  Tally,
  Visit,
  Walk,
} from '../store.ts'
import { fetchAhead } from './fetch-ahead.ts'
import { FileJournal } from './file-journal.ts'
import { type StartThread, startFileThread } from './file-link.ts'
import { historyOf } from './history.ts'
import type { Journal } from './journal.ts'
import { lapsesOf } from './lapses.ts'
import { cursorOf, positionOf, runStartAt } from './log-cursor.ts'
import type { TailBounds } from './log-tail.ts'
import { MemoryJournal } from './memory-journal.ts'
import { type EmbeddedOptions, withDefaults } from './options.ts'
import { evidenceOf, pageOf, recordOf } from './pages.ts'
import { standingsOf, walkThrough } from './standings.ts'

/** How often what is too old is looked for, and how many members are forgotten in one turn. */
const SWEEP = 60_000
const SWEEP_SLICE = 500
const SWEEP_PAUSE = 1
const LOG_SLICE = 1_000
/** Members looked up at a time from which on it pays to fetch them ahead. */
const MANY = 32

/** A store in this process. `start` starts the thread of the data file; `tail`: how much of the log stays in memory. */
export function embeddedStore(
  options: EmbeddedOptions,
  start: StartThread = startFileThread,
  tail?: TailBounds,
): Store {
  return new EmbeddedStore(options, start, tail)
}

class EmbeddedStore implements Store {
  readonly #options: Required<EmbeddedOptions>
  readonly #journal: Journal
  readonly #logged = new Set<() => void>()
  #ledger = new Ledger({ epoch: 0 })
  #startedAt = 0
  #sweep: (() => void) | null = null

  constructor(options: EmbeddedOptions, start: StartThread, tail: TailBounds | undefined) {
    this.#options = withDefaults(options)
    const { path } = options
    const logged = () => this.#tellLogged()
    this.#journal =
      path === null
        ? new MemoryJournal(logged)
        : new FileJournal({ ...this.#options, path }, { start, logged, tail })
  }

  get notebook(): Notebook {
    return this.#journal.notebook
  }

  get health(): StoreHealth {
    const { problem, pending } = this.#journal
    return { degraded: problem !== '', problem, pending }
  }

  get counts(): Readonly<Record<MemberState, number>> {
    return this.#ledger.catalog.counts
  }

  get tally(): Tally {
    return this.#ledger.tallies
  }

  get census(): Census {
    return this.#ledger.catalog
  }

  async open(): Promise<Opened> {
    const { now, listing } = this.#options
    this.#startedAt = now()
    const { epoch, after, lastSession } = await this.#journal.open(runStartAt(this.#startedAt))
    this.#ledger = new Ledger({ epoch, after, listing })
    const sessions = await this.#journal.load(this.#ledger)
    this.#sweepLater(SWEEP)
    return {
      epoch,
      firstSessionId: lastSession + 1,
      sessions,
      lapses: lapsesOf(this.#ledger.members.values()),
      close: open => this.#close(open),
    }
  }

  commit(changes: readonly SessionChange[]): readonly Step[] {
    let done = 0
    let told: readonly Step[] = []
    for (let i = 0; i < changes.length; i++) {
      const change = changes[i]!
      if (change.kind !== 'erase') continue
      told = [...told, ...this.#apply(changes.slice(done, i))]
      this.#erase(change)
      done = i + 1
    }
    return done === 0 ? this.#apply(changes) : [...told, ...this.#apply(changes.slice(done))]
  }

  #apply(changes: readonly SessionChange[]): readonly Step[] {
    this.#journal.before(changes, this.#ledger)
    const told = this.#ledger.commit(changes)
    this.#journal.record(changes, told, this.#ledger)
    return told
  }

  evidence(ids: readonly string[], details: boolean): (EvidenceRecord | null)[] {
    const { members } = this.#ledger
    const found = ids.map(id => members.get(id))
    fetchAhead(found, details)
    return found.map((member, i) =>
      member === undefined ? null : evidenceOf(ids[i]!, member, this.#startedAt, details),
    )
  }

  lookup(ids: readonly string[]): (MemberRecord | null)[] {
    const { members } = this.#ledger
    const found = ids.map(id => members.get(id))
    if (found.length >= MANY) fetchAhead(found)
    return found.map(member => (member === undefined ? null : recordOf(member, this.#startedAt)))
  }

  standings(ids: readonly string[]): (Standing | null)[] {
    return standingsOf(this.#ledger, ids)
  }

  walk(walk: Walk, visit: Visit): string | null {
    return walkThrough(this.#ledger, walk, visit)
  }

  page(query: PageQuery): Promise<Page> {
    return pageOf(this.#ledger, query, this.#startedAt)
  }

  async readLog(place: LogPlace, limit: number): Promise<LogBatch> {
    const { bounds } = this.#journal
    if (place === 'newest') return { transitions: [], cursor: cursorOf(bounds.log, bounds.end), reset: false }
    const { after, reset } = positionOf(place === 'oldest' ? null : place, bounds)
    if (reset) return { transitions: [], cursor: cursorOf(bounds.log, after), reset }
    const transitions = await this.#journal.read(after, Math.min(Math.max(1, limit), LOG_SLICE))
    // what came after the cursor may have been cut off meanwhile
    if (place !== 'oldest' && after < this.#journal.bounds.trimmed) return this.readLog(place, limit)
    return { transitions, cursor: cursorOf(bounds.log, transitions.at(-1)?.version ?? after), reset }
  }

  history(member: string, before: number | null, limit: number): Promise<HistoryPage> {
    return historyOf(this.#journal, this.#ledger.members.get(member), before, limit)
  }

  onLogged(listener: () => void): () => void {
    this.#logged.add(listener)
    return () => this.#logged.delete(listener)
  }

  #tellLogged(): void {
    for (const listener of [...this.#logged]) {
      try {
        listener()
      } catch (error) {
        this.#options.onError(error as Error, { stage: 'store.logged' })
      }
    }
  }

  // What follows may be of the same id again, so nothing of it is mixed with what was before.
  #erase(change: SessionChange): void {
    const member = this.#ledger.members.get(change.member)
    this.#ledger.commit([change])
    if (member !== undefined && !this.#ledger.members.has(change.member)) this.#journal.erased(member)
  }

  #close(open: readonly SessionRecord[]): Promise<void> {
    this.#sweep?.()
    return this.#journal.close(open, this.#ledger)
  }

  #sweepLater(ms: number): void {
    this.#sweep = this.#options.schedule(() => this.#forget(), ms)
  }

  // Members a slice a turn; the log once a round.
  #forget(): void {
    const { now, keepMembers, keepLog } = this.#options
    const oldest = this.#oldestOffline()
    const gone = this.#ledger.forget(now() - keepMembers.ms, keepMembers.most, SWEEP_SLICE)
    for (let i = 0; i < gone.length; i++) this.#journal.forgotten(oldest[i]!)
    if (gone.length === SWEEP_SLICE) return this.#sweepLater(SWEEP_PAUSE)
    this.#journal.trim(now() - keepLog.ms, keepLog.most)
    this.#sweepLater(SWEEP)
  }

  // The ledger forgets in this order and tells only ids, which the file does not index.
  #oldestOffline(): Member[] {
    const oldest: Member[] = []
    for (const member of this.#ledger.offline) {
      if (oldest.push(member) === SWEEP_SLICE) break
    }
    return oldest
  }
}
