// Who is kept out, and until when. Held in memory, since every identification asks; noted in the notebook first, so that
// what is in force also holds over restarts.

import type { Clock } from '../core/clock.ts'
import { SystoleError } from '../errors.ts'
import type { Notebook } from '../stores/notebook.ts'
import type { Ban, Bans } from './api.ts'
import { InTurn } from './in-turn.ts'
import type { WallTime } from './monotonic.ts'

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

const BOOK = 'bans'
const PAGE = 1_000
const LONGEST_REASON = 256

export class BanList implements Bans {
  readonly #parts: BanParts
  readonly #bans = new Map<string, Ban>()
  readonly #inTurn = new InTurn()

  constructor(parts: BanParts) {
    this.#parts = parts
  }

  /** To be called before anybody is let in. Those that are over are forgotten. */
  async load(): Promise<void> {
    const { notebook } = this.#parts
    let after: string | null = null
    for (;;) {
      const notes = await notebook.scan(BOOK, after, PAGE)
      for (const { key, value } of notes) this.#bans.set(key, value as Ban)
      if (notes.length < PAGE) break
      after = notes.at(-1)!.key
    }
    for (const ban of [...this.#bans.values()]) if (this.#isOver(ban)) await this.lift(ban.member)
  }

  of(member: string): Ban | null {
    if (this.#bans.size === 0) return null
    const ban = this.#bans.get(member)
    return ban === undefined || this.#isOver(ban) ? null : ban
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
      const since = this.#now()
      const ban: Ban = {
        member,
        since,
        until: ms === undefined ? null : since + ms,
        reason: reason?.slice(0, LONGEST_REASON) ?? null,
      }
      await notebook.put(BOOK, member, ban)
      this.#bans.set(member, ban)
      kick(member, reason ?? 'banned')
      return ban
    })
  }

  lift(member: string): Promise<boolean> {
    return this.#inTurn.run(async () => {
      const ban = this.#bans.get(member)
      if (ban === undefined) return false
      await this.#parts.notebook.delete(BOOK, member)
      this.#bans.delete(member)
      return !this.#isOver(ban)
    })
  }

  list(after: string | null, limit: number): { bans: Ban[]; next: string | null } {
    const found = [...this.#bans.values()]
      .filter(ban => !this.#isOver(ban) && (after === null || ban.member > after))
      .sort((a, b) => (a.member < b.member ? -1 : 1))
    const bans = found.slice(0, limit)
    return { bans, next: found.length > limit ? bans.at(-1)!.member : null }
  }

  #isOver({ until }: Ban): boolean {
    return until !== null && until <= this.#now()
  }

  #now(): number {
    return this.#parts.time.told(this.#parts.clock.now())
  }
}
