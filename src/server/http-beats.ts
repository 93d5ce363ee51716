// Sessions of those who have no socket: each id has at most one, kept alive by requests, ended by silence or a goodbye. It
// turns beats into what the detector judges like any other, and keeps nothing of its own.

import type { Details } from '../core/change.ts'
import { type Clock, NEVER } from '../core/clock.ts'
import type { Session } from '../core/session.ts'
import { HTTP, HTTP_TIMING, HttpTerms, type HttpTiming, httpTimingOf } from '../dialects/http-terms.ts'
import type { Awaitable, Standing, Store } from '../stores/store.ts'
import type { Bans, BeatAnswer, Beats, HttpBeat } from './api.ts'
import type { Committer } from './committer.ts'
import type { Connection } from './connection.ts'
import type { Switchboard } from './switchboard.ts'

/** What it works with. */
export interface HttpBeatParts {
  readonly store: Store
  readonly clock: Clock
  readonly board: Switchboard
  readonly committer: Committer
  readonly bans: Pick<Bans, 'of'>
  /** Suspicions shorter than this are not told. */
  readonly suspectAfter: number
  /** Bytes that a profile may have as JSON. */
  readonly mostProfile: number
  /** Throws where nothing may be changed any more. */
  expectRunning(): void
}

/** Stands in an answer until the store is asked again. */
const UNASKED = { state: 'offline', version: 0 } as const

type Found = readonly (Standing | null)[]

export class HttpBeats implements Beats {
  readonly mostProfile: number
  readonly #parts: HttpBeatParts
  readonly #terms: HttpTerms

  constructor(parts: HttpBeatParts) {
    this.#parts = parts
    this.mostProfile = parts.mostProfile
    this.#terms = new HttpTerms(parts.suspectAfter)
  }

  // Most beats change nothing that a store knows: then it is asked once, before.
  beat(beats: readonly HttpBeat[]): Awaitable<readonly BeatAnswer[]> {
    const { store, committer } = this.#parts
    this.#parts.expectRunning()
    committer.flush()
    const before = store.standings(beats.map(({ id }) => id))
    return before instanceof Promise
      ? before.then(found => this.#answer(beats, found))
      : this.#answer(beats, before)
  }

  end(member: string): boolean {
    const { clock, board, committer } = this.#parts
    this.#parts.expectRunning()
    const session = this.#find(member)
    if (session === null) return false
    board.apply({ type: 'end', session, reason: 'left' }, clock.now())
    committer.flush()
    return true
  }

  #answer(beats: readonly HttpBeat[], before: Found): Awaitable<readonly BeatAnswer[]> {
    const { bans, clock } = this.#parts
    const at = clock.now()
    const answers: BeatAnswer[] = []
    const told = new Set<string>()
    for (let i = 0; i < beats.length; i++) {
      const beat = beats[i]!
      const { id } = beat
      if (bans.of(id) !== null) {
        answers.push({ id, error: 'banned' })
        continue
      }
      const known = before[i]!
      const session = this.#find(id)
      const sinceLast = session === null || session.beatAt === NEVER ? null : at - session.beatAt
      if (this.#take(beat, session, told.has(id) ? null : known, at)) told.add(id)
      answers.push(told.has(id) ? { id, ...UNASKED, sinceLast } : answerOf(id, known, sinceLast))
    }
    return told.size === 0 ? answers : this.#askAgain(answers, told)
  }

  // Of those the store was told something just now.
  #askAgain(answers: BeatAnswer[], told: ReadonlySet<string>): Awaitable<readonly BeatAnswer[]> {
    const { store, committer } = this.#parts
    committer.flush()
    const indices = [...answers.keys()].filter(i => told.has(answers[i]!.id))
    const fill = (found: Found): readonly BeatAnswer[] => {
      for (const [k, i] of indices.entries()) {
        const answer = answers[i]!
        answers[i] = answerOf(answer.id, found[k]!, 'error' in answer ? null : answer.sinceLast)
      }
      return answers
    }
    const found = store.standings(indices.map(i => answers[i]!.id))
    return found instanceof Promise ? found.then(fill) : fill(found)
  }

  /** True when the store is told of it. `known`: what it knew; `null`: that may have changed since. */
  #take(beat: HttpBeat, session: Session<Connection> | null, known: Standing | null, at: number): boolean {
    const { board } = this.#parts
    if (session === null) return beat.bye !== true && this.#begin(beat, HTTP_TIMING, detailsOf(beat), at)
    const details = this.#isNews(beat, known) ? detailsOf(beat) : null
    const timing = httpTimingOf(session.terms)
    if (session.state === 'suspect' && beat.bye !== true) return this.#begin(beat, timing, details, at)
    board.detector.beat(session, at)
    if (details !== null) board.apply({ type: 'update', session, details }, at)
    if (beat.bye === true) {
      board.apply({ type: 'end', session, reason: 'left' }, at)
      return true
    }
    const { period = timing.period, grace = timing.grace } = beat
    if (period !== timing.period || grace !== timing.grace)
      board.apply({ type: 'terms', session, terms: this.#terms.of({ period, grace }) }, at)
    return details !== null
  }

  /** Begins a session, or goes on with the suspect one. */
  #begin(beat: HttpBeat, agreed: HttpTiming, details: Details | null, at: number): true {
    const { period = agreed.period, grace = agreed.grace } = beat
    const terms = this.#terms.of({ period, grace })
    const request = { member: beat.id, instance: null, epoch: 0, terms, link: null, details, beat: true }
    this.#parts.board.apply({ type: 'begin', request }, at)
    return true
  }

  #find(member: string): Session<Connection> | null {
    let session = this.#parts.board.detector.table.of(member)
    while (session !== null && session.terms.dialect !== HTTP) session = session.next
    return session
  }

  // Who says the same with every beat says nothing; unless something else that it said is still to be told.
  #isNews({ id, name, type, profile }: HttpBeat, known: Standing | null): boolean {
    if (name === undefined && type === undefined && profile === undefined) return false
    const same =
      known !== null &&
      (name === undefined || name === known.name) &&
      (type === undefined || type === known.type) &&
      (profile === undefined || JSON.stringify(profile) === JSON.stringify(known.profile))
    return !same || this.#parts.board.detector.updates.waits(id)
  }
}

function answerOf(id: string, known: Standing | null, sinceLast: number | null): BeatAnswer {
  if (known === null) return { id, error: 'unknown_member' }
  return { id, state: known.state, sinceLast, version: known.version }
}

function detailsOf({ name, type, profile }: HttpBeat): Details | null {
  if (name === undefined && type === undefined && profile === undefined) return null
  return {
    ...(name !== undefined && { name }),
    ...(type !== undefined && { type }),
    ...(profile !== undefined && { profile }),
  }
}
