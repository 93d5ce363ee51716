// Who is kept out, and until when. Held in memory, since every identification asks; noted in the notebook first, so that
// what is in force also holds over restarts.

import type { Clock } from '../core/clock.ts'
import { SystoleError } from '../errors.ts'
import type { Notebook } from '../stores/notebook.ts'
import type { Ban, Bans } from './api.ts'
import { InTurn } from './in-turn.ts'
import type { WallTime } from './monotonic.ts'
import { notesIn } from './notes-in.ts'

/** What it works with. */
export interface BanParts {
  readonly notebook: Notebook
  readonly clock: Clock
  readonly time: WallTime
  /** Ends the sessions of a member, and whatever else it has open. */
  kick(member: string, reason: string): void
  /** Throws where nothing may be changed any more, or `member` is no id. */
  check(member: string): void
}

/** A ban, and when it is over, in monotonic ms: so it lasts as long as was said, however the wall clock is set. */
interface Kept {
  readonly ban: Ban
  readonly ends: number
}

const BOOK = 'bans'
const LONGEST_REASON = 256

export class BanList implements Bans {
  readonly #parts: BanParts
  readonly #bans = new Map<string, Kept>()
  readonly #inTurn = new InTurn()

  constructor(parts: BanParts) {
    this.#parts = parts
  }

  /** To be called before anybody is let in. Those that are over are forgotten. */
  async load(): Promise<void> {
    for await (const { value } of notesIn(this.#parts.notebook, BOOK)) this.#keep(value as Ban)
    for (const kept of [...this.#bans.values()]) if (this.#isOver(kept)) await this.lift(kept.ban.member)
  }

  of(member: string): Ban | null {
    if (this.#bans.size === 0) return null
    const kept = this.#bans.get(member)
    return kept === undefined || this.#isOver(kept) ? null : kept.ban
  }

  async ban(
    member: string,
    { for: ms, reason }: { readonly for?: number; readonly reason?: string },
  ): Promise<Ban> {
    const { notebook, check, kick } = this.#parts
    check(member)
    if (ms !== undefined && (!Number.isSafeInteger(ms) || ms < 1))
      throw new SystoleError('bad_option', `a ban lasts a whole number of milliseconds from 1, not ${ms}`)
    return this.#inTurn.run(async () => {
      const since = this.#parts.time.wall()
      const ban: Ban = {
        member,
        since,
        until: ms === undefined ? null : since + ms,
        reason: reason?.slice(0, LONGEST_REASON) ?? null,
      }
      await notebook.put(BOOK, member, ban)
      this.#keep(ban)
      kick(member, reason ?? 'banned')
      return ban
    })
  }

  lift(member: string): Promise<boolean> {
    return this.#inTurn.run(async () => {
      const kept = this.#bans.get(member)
      if (kept === undefined) return false
      await this.#parts.notebook.delete(BOOK, member)
      this.#bans.delete(member)
      return !this.#isOver(kept)
    })
  }

  list(after: string | null, limit: number): { bans: Ban[]; next: string | null } {
    const found = [...this.#bans.values()]
      .filter(kept => !this.#isOver(kept) && (after === null || kept.ban.member > after))
      .map(({ ban }) => ban)
      .sort((a, b) => (a.member < b.member ? -1 : 1))
    const bans = found.slice(0, limit)
    return { bans, next: found.length > limit ? bans.at(-1)!.member : null }
  }

  #keep(ban: Ban): void {
    const { time } = this.#parts
    const ends = ban.until === null ? Number.POSITIVE_INFINITY : time.deadline(ban.until)
    this.#bans.set(ban.member, { ban, ends })
  }

  #isOver({ ends }: Kept): boolean {
    return ends <= this.#parts.clock.now()
  }
}
