// All members in order of their id, in chunks that know which of theirs is in which state: a change of state writes one
// byte, and a page of rare ones looks at no member but those it finds.

import type { MemberState } from '../protocol/words.ts'
import type { Member } from './member.ts'
import type { Readable } from './ordered.ts'

export const STATES: readonly MemberState[] = ['online', 'away', 'suspect', 'offline']

const CHUNK = 512
/** Every state but `offline`. */
export const HERE = STATES.filter(state => state !== 'offline')

export type StateNumbers = Record<MemberState, number>
export type MemberList = Readable<Member, string>

export function noNumbers(): StateNumbers {
  return { online: 0, away: 0, suspect: 0, offline: 0 }
}

class Chunk {
  members: Member[] = []
  /** Of each member, as its place in `STATES`. */
  readonly states = new Uint8Array(2 * CHUNK)
  readonly counts = noNumbers()
  readonly place: number

  constructor(place: number) {
    this.place = place
  }

  get last(): string {
    return this.members.at(-1)!.id
  }

  /** First index whose id is >= id. */
  indexOf(id: string): number {
    const { members } = this
    let low = 0
    let high = members.length
    while (low < high) {
      const mid = (low + high) >>> 1
      if (members[mid]!.id < id) low = mid + 1
      else high = mid
    }
    return low
  }

  put(member: Member, state: MemberState): void {
    const { members, states } = this
    const i = this.indexOf(member.id)
    states.copyWithin(i + 1, i, members.length)
    states[i] = STATES.indexOf(state)
    members.splice(i, 0, member)
    this.counts[state]++
    member.place = this.place
  }

  take(member: Member, state: MemberState): void {
    const { members, states } = this
    const i = this.indexOf(member.id)
    states.copyWithin(i, i + 1, members.length)
    members.splice(i, 1)
    this.counts[state]--
  }

  /** Moves the second half over to an empty one. */
  halve(other: Chunk): void {
    const { members, states } = this
    other.members = members.slice(CHUNK)
    other.states.set(states.subarray(CHUNK))
    this.members = members.slice(0, CHUNK)
    for (let i = 0; i < other.members.length; i++) {
      const state = STATES[other.states[i]!]!
      other.members[i]!.place = other.place
      other.counts[state]++
      this.counts[state]--
    }
  }
}

/** Invariant: `member.place` is that of the chunk the member is in; states and counts are those it was told. */
export class Roll implements MemberList {
  size = 0
  readonly counts = noNumbers()
  readonly #chunks: Chunk[] = []
  /** Id of the last member of each chunk: to find a chunk touches no member. */
  readonly #lasts: string[] = []
  readonly #places: (Chunk | null)[] = []
  readonly #free: number[] = []

  /** Adds one that is not here yet. */
  add(member: Member, state: MemberState): void {
    const at = this.#roomFor(member.id)
    const chunk = this.#chunks[at]!
    chunk.put(member, state)
    this.#lasts[at] = chunk.last
    this.counts[state]++
    this.size++
  }

  remove(member: Member, state: MemberState): void {
    const at = this.#chunkOf(member.id)
    const chunk = this.#chunks[at]!
    chunk.take(member, state)
    this.counts[state]--
    this.size--
    if (chunk.members.length > 0) {
      this.#lasts[at] = chunk.last
      return
    }
    this.#chunks.splice(at, 1)
    this.#lasts.splice(at, 1)
    this.#places[chunk.place] = null
    this.#free.push(chunk.place)
  }

  move(member: Member, was: MemberState, is: MemberState): void {
    const { members, states, counts } = this.#places[member.place]!
    states[members.indexOf(member)] = STATES.indexOf(is)
    counts[was]--
    counts[is]++
    this.counts[was]--
    this.counts[is]++
  }

  after(id: string | null, limit: number, at = false): Member[] {
    return this.#read(id, limit, at, STATES)
  }

  /** Only those in one of `states`. */
  in(states: readonly MemberState[]): MemberList {
    const { counts } = this
    return {
      get size() {
        return sum(counts, states)
      },
      after: (id, limit, at = false) => this.#read(id, limit, at, states),
    }
  }

  #read(id: string | null, limit: number, at: boolean, wanted: readonly MemberState[]): Member[] {
    const found: Member[] = []
    const mask = wanted.reduce((bits, state) => bits | (1 << STATES.indexOf(state)), 0)
    const only = wanted.length === 1 ? STATES.indexOf(wanted[0]!) : null
    let c = id === null ? 0 : this.#chunkOf(id)
    let i = id === null || c >= this.#chunks.length ? 0 : past(this.#chunks[c]!, id, at)
    for (; c < this.#chunks.length && found.length < limit; c++, i = 0) {
      const { members, states, counts } = this.#chunks[c]!
      if (sum(counts, wanted) === 0) continue
      for (; i < members.length && found.length < limit; i++) {
        // engines look for one byte many at a time
        if (only !== null) i = indexFrom(states, only, i)
        if (i < members.length && (mask & (1 << states[i]!)) !== 0) found.push(members[i]!)
      }
    }
    return found
  }

  // Index of a chunk with room for `id`. Ids that come in order leave each chunk room for those that come in between.
  #roomFor(id: string): number {
    const at = Math.min(this.#chunkOf(id), this.#chunks.length - 1)
    const chunk = this.#chunks[at]
    const behind = chunk === undefined || id > this.#lasts[at]!
    const room = behind ? CHUNK : 2 * CHUNK
    if (chunk !== undefined && chunk.members.length < room) return at
    const next = new Chunk(this.#free.pop() ?? this.#places.length)
    this.#places[next.place] = next
    if (!behind) chunk.halve(next)
    this.#chunks.splice(at + 1, 0, next)
    this.#lasts.splice(at + 1, 0, behind ? id : next.last)
    if (behind) return at + 1
    this.#lasts[at] = chunk.last
    return id > chunk.last ? at + 1 : at
  }

  // First chunk whose last id is >= id; chunks.length when there is none.
  #chunkOf(id: string): number {
    let low = 0
    let high = this.#lasts.length
    while (low < high) {
      const mid = (low + high) >>> 1
      if (this.#lasts[mid]! < id) low = mid + 1
      else high = mid
    }
    return low
  }
}

function past(chunk: Chunk, id: string, at: boolean): number {
  const i = chunk.indexOf(id)
  return !at && chunk.members[i]?.id === id ? i + 1 : i
}

function indexFrom(states: Uint8Array, state: number, from: number): number {
  const i = states.indexOf(state, from)
  return i === -1 ? states.length : i
}

function sum(counts: StateNumbers, states: readonly MemberState[]): number {
  let found = 0
  for (const state of states) found += counts[state]
  return found
}
