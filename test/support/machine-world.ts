// The world around one machine: a clock, at most one connection, and what may happen by then. It breaks a law by
// throwing: what is wanted of the machine at every step, whatever came before.

import { IDLE, type Input, type Machine, type Step, step } from '../../src/client/machine.ts'
import type { StateChange } from '../../src/client/types.ts'

/** A happening; those that cannot be at that moment are left out. `silence`: time passes; `late`: the timer is so late. */
export type Happening =
  | Input
  | { readonly type: 'silence'; readonly ms: number }
  | { readonly type: 'late'; readonly ms: number }

/** Inputs that need a connection. */
const ON_LINE = new Set(['welcome', 'heard', 'moved', 'closed'])
const FINITE = new Set(['connecting', 'waiting', 'probing'])

export class MachineWorld {
  machine: Machine = IDLE
  at = 1_000_000
  /** A connection is being opened, or open. */
  isUp = false
  /** The server has greeted on it. */
  greeted = false
  readonly changes: (StateChange & { readonly at: number })[] = []
  last: Step | null = null

  /** Runs the timer as often as it is due, then gives the input; `chance` for each step. */
  happen(what: Happening, chance: number): void {
    if (what.type === 'silence') return this.#until(this.at + what.ms, chance)
    if (what.type === 'late') {
      if (this.machine.due === Number.POSITIVE_INFINITY) return
      this.at = Math.max(this.at, this.machine.due) + what.ms
      this.give({ type: 'timer' }, chance)
      return
    }
    if (ON_LINE.has(what.type) && !this.isUp) return
    if (what.type === 'welcome' && this.machine.state !== 'connecting') return
    // before the welcome nothing but refusals comes
    if (what.type === 'denied' && (!what.final || this.machine.state === 'waiting')) {
      if (this.machine.state !== 'connecting') return
    }
    this.give(what, chance)
  }

  give(input: Input, chance = 0.5): Step {
    const before = this.machine
    const made = step(before, input, this.at, chance)
    if (input.type === 'closed') this.isUp = false
    this.#check(before, input, made, chance)
    this.machine = made.machine
    this.last = made
    if (made.change !== null) this.changes.push({ ...made.change, at: this.at })
    return made
  }

  #until(end: number, chance: number): void {
    for (let turns = 0; this.machine.due <= end; turns++) {
      if (turns > 10_000) throw new Error('a loop of timers')
      this.at = Math.max(this.at, this.machine.due)
      this.give({ type: 'timer' }, chance)
    }
    this.at = end
  }

  #check(before: Machine, input: Input, made: Step, chance: number): void {
    const { machine: after, effects, change } = made
    const wants = (law: string, holds: boolean) => {
      if (!holds) throw new Error(`${law}: ${JSON.stringify([before, input, chance, made, this.at])}`)
    }
    const opens = effects.filter(effect => effect === 'open').length
    const lets = effects.some(effect => effect === 'drop' || effect === 'bye' || effect === 'park')
    wants('one connection at most is wanted', opens <= 1 && !(opens === 1 && lets))
    wants('who opens is connecting', opens === 0 || after.state === 'connecting')
    const anew = before.state === 'connecting' && input.type === 'online'
    wants(
      'who is connecting now has opened',
      after.state !== 'connecting' || before.state === 'connecting' || opens === 1,
    )
    wants(
      'within connecting only the network opens',
      !(opens === 1 && before.state === 'connecting') || anew || after.hiddenAt < Number.POSITIVE_INFINITY,
    )
    if (lets) this.isUp = false
    if (opens === 1) this.isUp = true
    const isUp = after.state === 'connecting' || after.state === 'online' || after.state === 'probing'
    wants('connected exactly where it says so', this.isUp === isUp)
    wants('a change is an event, and only that', (change === null) === (before.state === after.state))
    if (change !== null) {
      wants('it goes from here to there', change.from === before.state && change.to === after.state)
      wants(
        'a code only of a close',
        input.type === 'closed' ? change.code === input.code : change.code === 0,
      )
      const wait = after.state === 'waiting' ? after.due - this.at : null
      wants('it says how long it waits', change.retryIn === wait && change.attempt === after.attempt)
    }
    const mute = after.hiddenAt < Number.POSITIVE_INFINITY && !after.always
    const due = FINITE.has(after.state) || (after.state === 'online' && !mute)
    wants(
      'a deadline exactly where something is due',
      Number.isFinite(after.due) === due && !Number.isNaN(after.due),
    )
    wants('nobody is dead without saying so', !due || after.due >= this.at || input.type !== 'timer')
    wants('beats go over a connection', !effects.includes('beat') || this.isUp)
    wants('no beat is seen in the dark', !(effects.includes('beat') && after.state === 'online' && mute))
  }
}
