// Transitions as they are sent: each is written as JSON once, for however many endpoints read the same piece of the log.

import type { Transition } from '../core/transition.ts'
import type { LogBatch } from '../stores/store.ts'

export class EventTexts {
  readonly #show: (transition: Transition) => object
  readonly #texts = new WeakMap<LogBatch, string[]>()

  /** `show`: what the API shows of a transition. */
  constructor(show: (transition: Transition) => object) {
    this.#show = show
  }

  /** The event of the transition at `index`: `{"id":"<member>:<version>", …}`. The id is the same however often it is told. */
  of(batch: LogBatch, index: number): string {
    let texts = this.#texts.get(batch)
    if (texts === undefined) {
      texts = []
      this.#texts.set(batch, texts)
    }
    texts[index] ??= this.#write(batch.transitions[index]!)
    return texts[index]
  }

  // An object that holds both would be one more copy of each.
  #write(transition: Transition): string {
    const id = JSON.stringify(`${transition.member}:${transition.version}`)
    return `{"id":${id},${JSON.stringify(this.#show(transition)).slice(1)}`
  }
}
