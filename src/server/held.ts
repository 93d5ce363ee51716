// Frames that came while it was not known yet who sent them. Few and small, in order; what is over is not kept.

const FRAMES = 16
const LENGTH = 65_536

/** One frame: `at` in monotonic ms. */
export interface HeldFrame {
  readonly text: string
  readonly at: number
}

export class Held {
  readonly frames: HeldFrame[] = []
  #length = 0

  /** False: there is no room for it. */
  add(text: string, at: number): boolean {
    const length = this.#length + Buffer.byteLength(text)
    if (this.frames.length >= FRAMES || length > LENGTH) return false
    this.#length = length
    this.frames.push({ text, at })
    return true
  }
}
