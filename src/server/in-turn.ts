// Changes that wait for something happen one after the other, in the order in which they were asked for: so what is in
// memory and what is noted never say different things.

export class InTurn {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `change` when those before it are done, however they ended. */
  run<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change)
    this.#last = done.catch(() => undefined)
    return done
  }
}
