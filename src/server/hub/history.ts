// The diffs that were told of one list, for those who come back. Bounded by age and size: who was away for longer is
// given a fresh snapshot, which is then the smaller answer anyway.

const KEPT = 120_000
const LARGEST = 2 ** 21
/** While somebody is on the way in, who needs it from where its snapshot ends. */
const LARGEST_PINNED = 2 ** 25

interface Told {
  readonly version: number
  readonly at: number
  readonly frames: readonly string[]
  readonly length: number
}

export class History {
  #told: Told[] = []
  #length = 0
  #pins = 0
  /** Everything after this version is here. */
  #floor: number

  constructor(version: number) {
    this.#floor = version
  }

  /** Notes frames that tell every change up to `version`. */
  add(version: number, frames: readonly string[], at: number): void {
    const length = frames.reduce((sum, frame) => sum + frame.length, 0)
    this.#told.push({ version, at, frames, length })
    this.#length += length
    this.trim(at)
  }

  /** The frames after `version`; `null` where some are gone. */
  after(version: number): string[] | null {
    if (version < this.#floor) return null
    return this.#told.flatMap(told => (told.version > version ? told.frames : []))
  }

  /** Nobody who comes back is told again what a frame said of `member`. */
  forget(member: string): void {
    const named = `"member":${JSON.stringify(member)}`
    this.#drop(1 + this.#told.findLastIndex(({ frames }) => frames.some(frame => frame.includes(named))))
  }

  /** Somebody is on the way in: nothing goes for its age until `unpin`. */
  pin(): void {
    this.#pins++
  }

  unpin(): void {
    this.#pins--
  }

  /** Lets go of what is too old or too much. */
  trim(at: number): void {
    const largest = this.#pins > 0 ? LARGEST_PINNED : LARGEST
    let [drop, dropped] = [0, 0]
    while (drop < this.#told.length) {
      const { at: toldAt, length } = this.#told[drop]!
      if ((this.#pins > 0 || at - toldAt < KEPT) && this.#length - dropped <= largest) break
      dropped += length
      drop++
    }
    this.#drop(drop)
  }

  #drop(count: number): void {
    if (count === 0) return
    const left = this.#told.slice(count)
    for (const { length } of this.#told.slice(0, count)) this.#length -= length
    this.#floor = this.#told[count - 1]!.version
    this.#told = left
  }
}
