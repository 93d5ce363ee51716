// Breaks take-over loops: two programs with one id that replace each other for ever (policy `newest`). It counts the
// take-overs of each member and says when the one who is there stays.

const WINDOW = 60_000
const MOST = 3

interface Loop {
  /** Times of the last take-overs, oldest first. */
  readonly times: number[]
  blockedUntil: number
}

/** Over 3 take-overs of a member within 60 s: the newest stays and newcomers wait 60 s (DESIGN §4). */
export class TakeOvers {
  readonly #loops = new Map<string, Loop>()

  /** Whether `member` may be taken over now; counts it when it may. */
  allow(member: string, at: number): boolean {
    const loop = this.#loops.get(member) ?? { times: [], blockedUntil: 0 }
    if (at < loop.blockedUntil) return false
    while (loop.times.length > 0 && at - loop.times[0]! >= WINDOW) loop.times.shift()
    if (loop.times.length >= MOST) {
      loop.blockedUntil = at + WINDOW
      loop.times.length = 0
      this.#loops.set(member, loop)
      return false
    }
    loop.times.push(at)
    this.#loops.set(member, loop)
    return true
  }

  /** Drops members whose last take-over no longer matters. */
  sweep(at: number): void {
    for (const [member, { times, blockedUntil }] of this.#loops)
      if (at >= blockedUntil && at - (times.at(-1) ?? 0) >= WINDOW) this.#loops.delete(member)
  }
}
