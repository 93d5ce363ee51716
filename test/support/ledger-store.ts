// A store that is nothing but the ledger in memory: what the embedded store does before anything is written. For
// tests of the rooms above it.

import type { SessionChange } from '../../src/core/change.ts'
import { Ledger } from '../../src/core/ledger.ts'
import type { Step } from '../../src/core/transition.ts'
import { MemoryNotebook } from '../../src/stores/embedded/memory-notebook.ts'
import { evidenceOf, pageOf, recordOf } from '../../src/stores/embedded/pages.ts'
import { standingsOf, walkThrough } from '../../src/stores/embedded/standings.ts'
import type {
  EvidenceRecord,
  HistoryPage,
  LogBatch,
  MemberRecord,
  Opened,
  Page,
  PageQuery,
  Standing,
  Store,
  Visit,
  Walk,
} from '../../src/stores/store.ts'

export class LedgerStore implements Store {
  readonly ledger = new Ledger({ epoch: 1, listing: 'heartbeat' })
  readonly health = { degraded: false, problem: '', pending: 0 }
  readonly counts = this.ledger.counts
  readonly tally = this.ledger.tallies
  readonly census = this.ledger.catalog
  readonly notebook = new MemoryNotebook()
  /** Changes as they were committed, in order. */
  readonly changes: SessionChange[] = []
  /** How many pages were read. */
  pages = 0

  async open(): Promise<Opened> {
    return { epoch: 1, firstSessionId: 1, sessions: [], lapses: [], close: async () => undefined }
  }

  commit(changes: readonly SessionChange[]): readonly Step[] {
    this.changes.push(...changes)
    return this.ledger.commit(changes)
  }

  evidence(ids: readonly string[], details: boolean): (EvidenceRecord | null)[] {
    return ids.map(id => {
      const member = this.ledger.members.get(id)
      return member === undefined ? null : evidenceOf(id, member, 0, details)
    })
  }

  lookup(ids: readonly string[]): (MemberRecord | null)[] {
    return ids.map(id => {
      const member = this.ledger.members.get(id)
      return member === undefined ? null : recordOf(member, 0)
    })
  }

  standings(ids: readonly string[]): (Standing | null)[] {
    return standingsOf(this.ledger, ids)
  }

  walk(walk: Walk, visit: Visit): string | null {
    return walkThrough(this.ledger, walk, visit)
  }

  page(query: PageQuery): Promise<Page> {
    this.pages++
    return pageOf(this.ledger, query, 0)
  }

  async readLog(): Promise<LogBatch> {
    return { transitions: [], cursor: '', reset: false }
  }

  async history(): Promise<HistoryPage> {
    return { transitions: [], next: null }
  }

  onLogged(): () => void {
    return () => {}
  }
}
