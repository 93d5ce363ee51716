// When passes end: found by their moment on one wheel, with no timer for any of them. The moment is one of the wall
// clock, as it is told (see WallTime): where that is set forward they end, where it is set back they wait.

import { TICK } from '../core/timing.ts'
import { OFF, Wheel } from '../core/wheel.ts'
import type { Pass } from './pass.ts'

/** Passes that end in one tick at most: to close one costs some 13 us. */
const MOST = 500

export class Expiries {
  readonly #wheel: Wheel<Pass>
  readonly #end: (pass: Pass) => void

  /** `now`: ms since 1970. `end`: of this pass the time has come. */
  constructor(now: number, end: (pass: Pass) => void) {
    this.#wheel = new Wheel(TICK, now)
    this.#end = end
  }

  get size(): number {
    return this.#wheel.size
  }

  /** It ends when its grant says; a later note of it takes the place. */
  note(pass: Pass): void {
    const { expires } = pass.grant
    if (expires === null) this.#wheel.remove(pass)
    else this.#wheel.insert(pass, expires)
  }

  forget(pass: Pass): void {
    this.#wheel.remove(pass)
  }

  /** `now` never falls. */
  tick(now: number): void {
    let left = MOST
    this.#wheel.advance(now, pass => {
      const expires = pass.grant.expires ?? Number.POSITIVE_INFINITY
      if (expires > now || left === 0) return Math.max(expires, now + TICK)
      left--
      this.#end(pass)
      return OFF
    })
  }
}
