// Tells the program what happened. A listener that throws harms nobody: it is told as a problem. A problem that nobody
// listens to goes to the console, so that none is swallowed.

import type { Events, Payloads, Tell } from './types.ts'

type Listener = readonly [event: string, run: (what: never) => void]

export class Emitter<P extends Payloads> {
  readonly #listeners = new Set<Listener>()

  on<E extends keyof Events<P>>(event: E, run: (what: Events<P>[E]) => void): () => void {
    const listener: Listener = [event, run]
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Whether somebody was told, and nobody threw. */
  emit<E extends keyof Events<P>>(event: E, what: Events<P>[E]): boolean {
    const told = [...this.#listeners].filter(([name]) => name === event)
    return (
      told.length > 0 && told.map(([, run]) => this.guard(() => run(what as never), event)).every(Boolean)
    )
  }

  /** Runs what the program gave us. False: it threw. */
  guard(run: () => void, event = ''): boolean {
    try {
      run()
      return true
    } catch (cause) {
      if (event !== 'problem') this.problem('listener', `a listener threw: ${cause}`, { cause })
      return false
    }
  }

  readonly problem: Tell = (code, message, more) => {
    if (!this.emit('problem', { code, message, ...more })) console.warn(`systole: ${message}`)
  }

  clear(): void {
    this.#listeners.clear()
  }
}
