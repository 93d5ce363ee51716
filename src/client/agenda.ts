// Everything that is to happen later, on one timer: the earliest deadline is armed, the others wait in a list of a
// handful. It never trusts the timer: when it fires, each deadline is held against the clock.

import type { Host } from './host.ts'
import { NEVER } from './machine.ts'

/** Longer ones make a timer fire at once. */
const LONGEST = 2 ** 31 - 1

export interface Agenda {
  /** The wall clock, since only that runs on while a machine sleeps; where it is set back, this one stands still. */
  now(): number
  /** Runs it once at `at`, in ms of `now`, and no other time; `NEVER`: not at all. */
  plan(run: () => void, at: number): void
  /** Nothing is planned any more, now or later. */
  close(): void
}

export function makeAgenda(host: Host): Agenda {
  const due = new Map<() => void, number>()
  let timer: unknown
  let last = 0
  let ahead = 0
  let isOpen = true
  const now = () => {
    const wall = host.now()
    ahead = Math.max(ahead, last - wall)
    last = wall + ahead
    return last
  }
  const arm = () => {
    const ms = Math.min(...due.values()) - now()
    host.cancel(timer)
    if (isOpen && ms < NEVER) timer = host.after(Math.min(Math.max(0, ms), LONGEST), fire)
  }
  const fire = () => {
    try {
      // one that ran may have planned another anew
      for (const run of [...due.keys()]) if (due.get(run)! <= now() && due.delete(run)) run()
    } finally {
      arm()
    }
  }
  return {
    now,
    plan(run, at) {
      due.set(run, at)
      arm()
    },
    close() {
      isOpen = false
      arm()
    },
  }
}
