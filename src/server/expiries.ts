// When passes end: found by their moment on one wheel, with no timer for any of them. What a grant says is of the wall
// clock that its authority goes by: the deadline made of it is looked at again when it comes, and every 102 s before
// that, so that a pass ends at its moment also where that clock was set.

import { TICK } from '../core/timing.ts'
import { OFF, Wheel } from '../core/wheel.ts'
import type { Pass } from './pass.ts'

/** Passes that end in one tick at most: to close one costs some 13 us. */
const MOST = 500

export class Expiries {
  readonly #wheel: Wheel<Pass>
  readonly #deadline: (wall: number) => number
  readonly #end: (pass: Pass) => void

  /** `deadline`: the monotonic time of a moment of the wall clock. `end`: of this pass the time has come. */
  constructor(at: number, deadline: (wall: number) => number, end: (pass: Pass) => void) {
    this.#wheel = new Wheel(TICK, at)
    this.#deadline = deadline
    this.#end = end
  }

  get size(): number {
    return this.#wheel.size
  }

  /** It ends when its grant says; a later note of it takes the place. */
  note(pass: Pass): void {
    const { expires } = pass.grant
    if (expires === null) this.#wheel.remove(pass)
    else this.#wheel.insert(pass, this.#deadline(expires))
  }

  forget(pass: Pass): void {
    this.#wheel.remove(pass)
  }

  tick(at: number): void {
    let left = MOST
    this.#wheel.advance(at, pass => {
      const ends = this.#deadline(pass.grant.expires ?? Number.POSITIVE_INFINITY)
      if (ends > at || left === 0) return Math.max(ends, at + TICK)
      left--
      this.#end(pass)
      return OFF
    })
  }
}
