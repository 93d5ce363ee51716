// Judges a slow reader: how many bytes wait in a link's send queue besides the one frame that is being sent. A large
// frame on its own is never slowness, whatever its size; what piles up around it is. It exists only while a queue does.

/**
 * The queue of one link since it was last empty. Both engines tell only a total, so the frame that is exempt (the
 * largest one not yet sent) is followed by its place in the stream of queued bytes:
 * `sent = enqueued - queued`, and the exempt frame still holds `min(size, end - sent)` of them.
 */
export class Backlog {
  #enqueued = 0
  #exempt = 0
  #exemptEnd = 0

  /** A frame of `size` bytes joined the queue. Call before `waiting`. */
  add(size: number, queued: number): void {
    this.#enqueued += size
    if (this.#enqueued - queued >= this.#exemptEnd) this.#exempt = 0
    if (size <= this.#exempt) return
    this.#exempt = size
    this.#exemptEnd = this.#enqueued
  }

  /** Bytes that wait besides the exempt frame, when `queued` wait in all. */
  waiting(queued: number): number {
    const left = this.#exemptEnd - (this.#enqueued - queued)
    return queued - Math.max(0, Math.min(this.#exempt, left))
  }
}
