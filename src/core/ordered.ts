// A list kept in the order of a key: add, remove, and read on from any key. Two levels of arrays, so that neither a
// change nor a page costs more than one small chunk, with a million items as with ten.

const CHUNK = 512

/** Items with unique keys, ascending by `<` (numbers; strings by UTF-16 code unit). */
export class Ordered<T, K extends number | string> {
  size = 0
  readonly #keyOf: (item: T) => K
  readonly #chunks: T[][] = []

  constructor(keyOf: (item: T) => K) {
    this.#keyOf = keyOf
  }

  /** Adds `item`; its key must not be here yet. */
  add(item: T): void {
    const key = this.#keyOf(item)
    const c = Math.min(this.#chunkOf(key), this.#chunks.length - 1)
    this.size++
    if (c < 0) {
      this.#chunks.push([item])
      return
    }
    const chunk = this.#chunks[c]!
    const i = this.#indexIn(chunk, key)
    if (i === chunk.length && chunk.length >= CHUNK) this.#chunks.splice(c + 1, 0, [item])
    else {
      chunk.splice(i, 0, item)
      if (chunk.length > 2 * CHUNK) this.#chunks.splice(c + 1, 0, chunk.splice(CHUNK))
    }
  }

  /** Removes the item with the key of `item`; false when there is none. */
  remove(item: T): boolean {
    const key = this.#keyOf(item)
    const c = this.#chunkOf(key)
    const chunk = this.#chunks[c]
    if (chunk === undefined) return false
    const i = this.#indexIn(chunk, key)
    if (i === chunk.length || this.#keyOf(chunk[i]!) !== key) return false
    chunk.splice(i, 1)
    if (chunk.length === 0) this.#chunks.splice(c, 1)
    this.size--
    return true
  }

  /** At most `limit` items whose key is greater than `after` (`null`: from the start). */
  after(after: K | null, limit: number): T[] {
    const found: T[] = []
    let c = after === null ? 0 : this.#chunkOf(after)
    let i = after === null || c >= this.#chunks.length ? 0 : this.#past(this.#chunks[c]!, after)
    for (; c < this.#chunks.length && found.length < limit; c++, i = 0) {
      const chunk = this.#chunks[c]!
      for (; i < chunk.length && found.length < limit; i++) found.push(chunk[i]!)
    }
    return found
  }

  #past(chunk: T[], key: K): number {
    const i = this.#indexIn(chunk, key)
    return i < chunk.length && this.#keyOf(chunk[i]!) === key ? i + 1 : i
  }

  // First chunk whose last key is >= key; chunks.length when there is none.
  #chunkOf(key: K): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const mid = (low + high) >>> 1
      if (this.#keyOf(this.#chunks[mid]!.at(-1)!) < key) low = mid + 1
      else high = mid
    }
    return low
  }

  // First index in the chunk whose key is >= key.
  #indexIn(chunk: T[], key: K): number {
    let low = 0
    let high = chunk.length
    while (low < high) {
      const mid = (low + high) >>> 1
      if (this.#keyOf(chunk[mid]!) < key) low = mid + 1
      else high = mid
    }
    return low
  }
}
