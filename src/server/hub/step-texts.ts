// The entry of a step as text, made once for all who are told of it one by one. Kept for a moment only.

import type { Step } from '../../core/transition.ts'
import { stepEntry } from './entry.ts'

export class StepTexts {
  #plain = new Map<Step, string>()
  #suspect = new Map<Step, string>()

  of(step: Step, suspect: boolean): string {
    const texts = suspect ? this.#suspect : this.#plain
    let text = texts.get(step)
    if (text === undefined) {
      text = JSON.stringify(stepEntry(step, suspect, true))
      texts.set(step, text)
    }
    return text
  }

  /** Lets go of all. To be called every second or so. */
  clear(): void {
    if (this.#plain.size > 0) this.#plain = new Map()
    if (this.#suspect.size > 0) this.#suspect = new Map()
  }
}
