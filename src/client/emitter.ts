// Tells the program what happened. A listener that throws harms nobody: it is told as a problem. A problem that nobody
// listens to goes to the console, so that none is swallowed.

import type { Events, Payloads, Tell } from './types.ts'

export interface Emitter<P extends Payloads> {
  on<E extends keyof Events<P>>(event: E, run: (what: Events<P>[E]) => void): () => void
  /** Whether somebody was told, and nobody threw. */
  emit<E extends keyof Events<P>>(event: E, what: Events<P>[E]): boolean
  /** Runs what the program gave us. False: it threw. */
  guard(run: () => void): boolean
  readonly problem: Tell
  clear(): void
}

export function makeEmitter<P extends Payloads>(): Emitter<P> {
  const listeners = new Set<readonly [event: string, run: (what: never) => void]>()
  const guard = (run: () => void, event = '') => {
    try {
      run()
      return true
    } catch (cause) {
      if (event !== 'problem') problem('listener', `a listener threw: ${cause}`, { cause })
      return false
    }
  }
  const emit: Emitter<P>['emit'] = (event, what) => {
    const told = [...listeners].filter(([name]) => name === event)
    return told.length > 0 && told.map(([, run]) => guard(() => run(what as never), event)).every(Boolean)
  }
  const problem: Tell = (code, message, more) => {
    if (!emit('problem', { code, message, ...more })) console.warn(`systole: ${message}`)
  }
  return {
    on(event, run) {
      const listener = [event, run] as const
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    emit,
    guard,
    problem,
    clear: () => listeners.clear(),
  }
}
