// Web Locks of one browser: exclusive, first come first served, given up by a signal. How many are held and waited for
// is told, so that a test sees what is left behind.

interface Waiting {
  readonly name: string
  readonly grant: () => void
  readonly fail: (why: unknown) => void
}

type Hold = (lock: Lock | null) => unknown

export class FakeLocks {
  readonly held = new Set<string>()
  #waiting: Waiting[] = []
  /** What every request is answered; `hang`: not at all. */
  fault: 'none' | 'throws' | 'rejects' | 'hang' = 'none'

  get waiting(): number {
    return this.#waiting.length
  }

  readonly request = (name: string, ...rest: readonly unknown[]): Promise<never> => {
    const hold = rest.at(-1) as Hold
    const { signal } = (rest.length > 1 ? rest[0] : {}) as { signal?: AbortSignal }
    if (this.fault === 'throws') throw new TypeError('no locks here')
    if (this.fault === 'rejects')
      return Promise.reject(new DOMException('Access is denied.', 'SecurityError'))
    return new Promise((resolve, reject) => {
      const wish: Waiting = {
        name,
        fail: why => {
          this.#waiting = this.#waiting.filter(other => other !== wish)
          reject(why)
        },
        grant: () => {
          this.held.add(name)
          Promise.resolve()
            // as the specification has it: aborted between the grant and the callback, it is let go of again
            .then(() => (signal?.aborted ? Promise.reject(signal.reason) : hold({ name, mode: 'exclusive' })))
            .then(resolve as () => void, reject)
            .finally(() => this.#free(name))
        },
      }
      signal?.addEventListener('abort', () => wish.fail(signal.reason))
      this.#waiting.push(wish)
      if (this.fault === 'none') this.#next(name)
    })
  }

  /** Somebody else holds it; returns how to let go. */
  take(name: string): () => void {
    this.held.add(name)
    return () => this.#free(name)
  }

  #free(name: string): void {
    this.held.delete(name)
    this.#next(name)
  }

  #next(name: string): void {
    const wish = this.#waiting.find(waiting => waiting.name === name)
    if (wish === undefined || this.held.has(name)) return
    this.#waiting = this.#waiting.filter(other => other !== wish)
    wish.grant()
  }
}
