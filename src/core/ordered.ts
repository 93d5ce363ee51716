// A list kept in the order of a key: add, remove, and read on from any key. Two levels of arrays, so that neither a
// change nor a page costs more than one small chunk, with a million items as with ten.

const CHUNK = 512

/** What can be read on from any key. */
export interface Readable<T, K> {
  readonly size: number
  /** At most `limit` items whose key is greater than `after` (`null`: from the start); `at`: or equal. */
  after(after: K | null, limit: number, at?: boolean): T[]
}

/** Items with unique keys, ascending by `<` (numbers; strings by UTF-16 code unit). */
export class Ordered<T, K extends number | string> implements Readable<T, K> {
  size = 0
  readonly #keyOf: (item: T) => K
  readonly #chunks: T[][] = []
  /** Key of the last item of each chunk: to find one touches no item. */
  readonly #lasts: K[] = []

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
      this.#lasts.push(key)
      return
    }
    const chunk = this.#chunks[c]!
    const i = this.#indexIn(chunk, key)
    if (i === chunk.length && chunk.length >= CHUNK) {
      this.#chunks.splice(c + 1, 0, [item])
      this.#lasts.splice(c + 1, 0, key)
      return
    }
    chunk.splice(i, 0, item)
    if (chunk.length > 2 * CHUNK) {
      const rest = chunk.splice(CHUNK)
      this.#chunks.splice(c + 1, 0, rest)
      this.#lasts.splice(c + 1, 0, this.#keyOf(rest.at(-1)!))
    }
    this.#lasts[c] = this.#keyOf(chunk.at(-1)!)
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
    if (chunk.length === 0) {
      this.#chunks.splice(c, 1)
      this.#lasts.splice(c, 1)
    } else if (i === chunk.length) this.#lasts[c] = this.#keyOf(chunk.at(-1)!)
    this.size--
    return true
  }

  after(after: K | null, limit: number, at = false): T[] {
    const found: T[] = []
    let c = after === null ? 0 : this.#chunkOf(after)
    let i = after === null || c >= this.#chunks.length ? 0 : this.#past(this.#chunks[c]!, after, at)
    for (; c < this.#chunks.length && found.length < limit; c++, i = 0) {
      const chunk = this.#chunks[c]!
      for (; i < chunk.length && found.length < limit; i++) found.push(chunk[i]!)
    }
    return found
  }

  #past(chunk: T[], key: K, at: boolean): number {
    const i = this.#indexIn(chunk, key)
    return !at && i < chunk.length && this.#keyOf(chunk[i]!) === key ? i + 1 : i
  }

  // First chunk whose last key is >= key; chunks.length when there is none.
  #chunkOf(key: K): number {
    let low = 0
    let high = this.#lasts.length
    while (low < high) {
      const mid = (low + high) >>> 1
      if (this.#lasts[mid]! < key) low = mid + 1
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
