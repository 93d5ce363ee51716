// Judges a slow reader: how many bytes wait in a link's send queue besides the one frame that is being sent. A large
// frame on its own is never slowness, whatever its size; what piles up around it is. It exists only while a queue does.

/**
 * The queue of one link since it was last empty. Both engines tell only a total, so the frame that is exempt (the
 * largest one not yet sent) is followed by its place in the stream of queued bytes:
 * `sent = enqueued - queued`, and the exempt frame still holds `min(size, end - sent)` of them.
 */
export class Backlog {
  #enqueued = 0
  #published: number
  #exempt = 0
  #exemptEnd = 0

  /** `published`: bytes the engine has ever put into this link's queue past us, here and in the calls to come. */
  constructor(published = 0) {
    this.#published = published
  }

  /** A frame of `size` bytes joined the queue. Call before `waiting`. What is published is never the exempt frame. */
  add(size: number, queued: number, published = 0): void {
    // Never below what waits: at the first frame the queue may hold what was published before.
    this.#enqueued = Math.max(this.#enqueued + size + published - this.#published, queued)
    this.#published = published
    if (this.#enqueued - queued >= this.#exemptEnd) this.#exempt = 0
    if (size <= this.#exempt) return
    this.#exempt = size
    this.#exemptEnd = this.#enqueued
  }

  /** Bytes that wait besides the exempt frame, when `queued` wait in all. */
  waiting(queued: number, published = 0): number {
    const sent = this.#enqueued + published - this.#published - queued
    const left = this.#exemptEnd - sent
    return queued - Math.max(0, Math.min(this.#exempt, left))
  }
}

/** What a text takes in the queue: RFC 6455 §5.2, unmasked. */
export function frameBytes(text: string): number {
  const length = Buffer.byteLength(text)
  return length + (length < 126 ? 2 : length < 65_536 ? 4 : 10)
}
