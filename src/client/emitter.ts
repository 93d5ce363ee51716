// Tells the program what happened. A listener that throws harms nobody: it is told as a problem. Where nobody listens to
// problems they go to the console, so that none is swallowed.

import type { Events, Payloads, Problem } from './types.ts'

export class Emitter<P extends Payloads> {
  readonly #listeners = new Map<string, Set<(what: never) => void>>()

  on<E extends keyof Events<P>>(event: E, listener: (what: Events<P>[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    // one listener given twice is two
    const own = (what: Events<P>[E]) => listener(what)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  /** Whether somebody was told, and nobody threw. */
  emit<E extends keyof Events<P>>(event: E, what: Events<P>[E]): boolean {
    const listeners = [...(this.#listeners.get(event) ?? [])]
    return (
      listeners.map(listener => this.guard(() => listener(what as never), event)).every(Boolean) &&
      listeners.length > 0
    )
  }

  /** Runs what the program gave us. False: it threw. */
  guard(run: () => void, event = ''): boolean {
    try {
      run()
      return true
    } catch (cause) {
      if (event === 'problem') console.error(cause)
      else this.problem('listener', `a listener threw: ${String(cause)}`, { cause })
      return false
    }
  }

  problem(code: Problem['code'], message: string, more: Pick<Problem, 'server' | 'cause'> = {}): void {
    if (this.#listeners.get('problem')?.size) this.emit('problem', { code, message, ...more })
    else console.warn(`systole: ${message}`)
  }

  clear(): void {
    this.#listeners.clear()
  }
}
