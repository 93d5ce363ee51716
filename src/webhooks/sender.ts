// One endpoint: reads the log from its place on, sends what it asked for, one message at a time, and moves its place only
// past what was taken. What is not taken is sent again, for days, as the log then tells it; nothing it does or fails to do
// is felt by another.

import { SystoleError } from '../errors.ts'
import { sign } from '../signature.ts'
import type { LogBatch, LogPlace } from '../stores/store.ts'
import type { EndpointStatus } from './endpoint.ts'
import type { EventTexts } from './event-texts.ts'
import type { Note, Remembered } from './note.ts'
import { MOST_EVENTS, type Parcel, pack, resetParcel } from './parcel.ts'
import type { Answer, Post } from './poster.ts'
import { DEAD_AFTER, retryAfter, retryIn } from './retry.ts'
import type { Sieve, Wanted } from './sieve.ts'

/** The log, as far as senders read it. */
export interface ReadsLog {
  read(place: LogPlace, limit: number): Promise<LogBatch>
  /** Waits for something, until the signal says no or so many ms are over. */
  wait(place: LogPlace, limit: number, ms: number, signal?: AbortSignal): Promise<LogBatch>
}

/** Wall time in ms since 1970, and a timer that can be called off. */
export interface Time {
  now(): number
  after(ms: number, run: () => void): () => void
}

export interface SenderSettings extends Wanted {
  readonly name: string
  readonly url: string
  /** `null`: what is sent is not signed. */
  readonly secret: Uint8Array | null
}

export interface SenderParts {
  readonly log: ReadsLog
  readonly note: Note
  readonly post: Post
  readonly sieve: Sieve
  readonly texts: EventTexts
  readonly time: Time
  /** In [0, 1). */
  readonly chance: () => number
  /** For people who run the server: it began to fail, it works again, it is dead. */
  readonly say: (what: 'failing' | 'working' | 'dead', message: string) => void
}

/** What it waits for may take any time; it looks again anyway. */
const WAIT = 30_000
/** A log that cannot be read is tried again after this. */
const UNREADABLE = 1_000
/** A stop waits so long for what is under way, and so long for its note. */
const LAST = 1_000
/** Where it stands is noted so often at most while nothing is sent. */
const NOTE_EVERY = 10_000

/** What follows the message that is under way: read while that is sent. */
interface Ahead {
  readonly from: string
  /** `null`: it could not be read. */
  readonly batch: Promise<LogBatch | null>
}

/** A message, and what to do once it was taken. */
interface Load extends Parcel {
  /** Version of the last transition of its piece; `null`: it tells of none. */
  readonly last: number | null
  keep(): void
}

export class Sender {
  readonly #settings: SenderSettings
  readonly #parts: SenderParts
  #cursor = ''
  #isNew = false
  #failures = 0
  #failingSince: number | null = null
  #lastError: string | null = null
  #dead = false
  #delivered = 0
  #lastSuccessAt: number | null = null
  #nextTryAt: number | null = null
  #behindSince: number | null = null
  #notedAt = 0
  #ahead: Ahead | null = null
  /** Aborted when everything is to be looked at anew: at a resume, and at the stop. */
  #round = new AbortController()
  readonly #last = new AbortController()
  #stopping = false
  /** Resumes that are being noted: what happens meanwhile is noted after them. */
  #resuming = 0
  #running: Promise<void> = Promise.resolve()

  constructor(settings: SenderSettings, parts: SenderParts) {
    this.#settings = settings
    this.#parts = parts
  }

  /**
   * Finds its place, or makes now its place, of which it is told first: noted before anything is told. Rejects with
   * `store_failed`.
   */
  async open(): Promise<void> {
    const { note, log } = this.#parts
    const found = await note.read()
    if (found === null) {
      this.#cursor = (await log.read('newest', 1)).cursor
      this.#isNew = true
      return note.writeNow(this.#remembered())
    }
    this.#cursor = found.cursor
    this.#isNew = found.isNew
    if (found.url !== this.#settings.url) return
    this.#failures = found.failures
    this.#failingSince = found.failingSince
    this.#lastError = found.lastError
    this.#dead = found.dead
  }

  start(): void {
    this.#running = this.#run()
  }

  status(): EndpointStatus {
    const { name, url, kinds, type, group } = this.#settings
    return {
      name,
      url,
      kinds,
      type,
      group,
      state: this.#dead ? 'dead' : this.#failures > 0 ? 'failing' : 'working',
      delivered: this.#delivered,
      failures: this.#failures,
      failingSince: this.#failingSince,
      lastSuccessAt: this.#lastSuccessAt,
      lastError: this.#lastError,
      nextTryAt: this.#nextTryAt,
      behindSince: this.#behindSince,
      cursor: this.#cursor,
    }
  }

  /** Rejects with `bad_cursor` or `cursor_ahead` for a place that cannot be, with `store_failed` where it is not noted. */
  async resume(from?: string): Promise<void> {
    const { log, note, sieve } = this.#parts
    const found = from === undefined ? undefined : await log.read(from, 1)
    const to = from === 'newest' ? found?.cursor : from
    const isNew = this.#isNew && to === undefined
    this.#resuming++
    try {
      const well = { failures: 0, failingSince: null, dead: false }
      await note.writeNow({ ...this.#remembered(), ...well, cursor: to ?? this.#cursor, isNew })
      if (to !== undefined) {
        sieve.forget()
        this.#cursor = to
        this.#isNew = false
      }
      this.#failures = 0
      this.#failingSince = null
      this.#dead = false
      this.#nextTryAt = null
      this.#round.abort()
      this.#round = new AbortController()
    } finally {
      this.#resuming--
      this.#note()
    }
  }

  /** Finishes what is under way, at most for a second, and notes where it stands. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#round.abort()
    await this.#atMost(LAST, this.#running)
    this.#last.abort()
    this.#parts.note.write(this.#remembered())
    await this.#atMost(LAST, this.#parts.note.settled())
  }

  async #run(): Promise<void> {
    let again: Load | null = null
    while (!this.#stopping) {
      const { signal } = this.#round
      const load: Load | null = await this.#gather(signal, again)
      if (load === null) {
        if (again?.from !== this.#cursor || signal.aborted) again = null
        continue
      }
      this.#behindSince = load.since
      const isTaken = await this.#deliver(load, signal)
      again = isTaken || signal.aborted ? null : load
    }
  }

  /**
   * The next message; `null`: there is none yet, or its place has moved. `again`: what was not taken, as the log tells the
   * same piece now: it may have been struck out meanwhile.
   */
  async #gather(signal: AbortSignal, again: Load | null): Promise<Load | null> {
    const from = this.#cursor
    if (again !== null && again.last === null) return again
    if (this.#isNew) return this.#reset(from, from)
    try {
      let batch = again === null ? await this.#read(from, signal) : await this.#readAgain(again)
      while (from === this.#cursor && !signal.aborted) {
        if (batch.reset) return this.#reset(from, batch.cursor)
        const { wanted, keep } = await this.#parts.sieve.sift(batch.transitions)
        const { parcel, fits } = pack(this.#settings.name, from, batch, wanted, this.#parts.texts)
        if (parcel !== null) {
          if (batch.transitions.length === MOST_EVENTS) this.#readAhead(parcel.to)
          return { ...parcel, last: batch.transitions.at(-1)!.version, keep }
        }
        if (fits === null) return this.#pass(batch, from, keep)
        batch = await this.#parts.log.read(from, fits)
      }
    } catch (error) {
      return this.#unreadable(error, from, signal)
    }
    return null
  }

  async #readAgain({ from, to, last }: Load): Promise<LogBatch> {
    const batch = await this.#parts.log.read(from, MOST_EVENTS)
    if (batch.reset) return batch
    return { ...batch, transitions: batch.transitions.filter(({ version }) => version <= last!), cursor: to }
  }

  async #read(from: string, signal: AbortSignal): Promise<LogBatch> {
    const ahead = this.#ahead
    this.#ahead = null
    const found = ahead?.from === from ? await ahead.batch : null
    if (found !== null && (found.reset || found.transitions.length > 0)) return found
    return this.#parts.log.wait(from, MOST_EVENTS, WAIT, signal)
  }

  #readAhead(from: string): void {
    this.#ahead = { from, batch: this.#parts.log.read(from, MOST_EVENTS).catch(() => null) }
  }

  /** Nothing of it is wanted. */
  #pass({ cursor }: LogBatch, from: string, keep: () => void): null {
    if (from !== this.#cursor) return null
    keep()
    this.#behindSince = null
    if (cursor === from) return null
    this.#cursor = cursor
    if (this.#parts.time.now() - this.#notedAt >= NOTE_EVERY) this.#note()
    return null
  }

  async #unreadable(error: unknown, from: string, signal: AbortSignal): Promise<Load | null> {
    const { log } = this.#parts
    try {
      const isLost = error instanceof SystoleError && ['bad_cursor', 'cursor_ahead'].includes(error.code)
      if (isLost) return this.#reset(from, (await log.read('newest', 1)).cursor)
    } catch {
      // it cannot be read at all, see below
    }
    this.#lastError = error instanceof Error ? error.message : String(error)
    await this.#sleep(UNREADABLE, signal)
    return null
  }

  #reset(from: string, to: string): Load {
    const parcel = resetParcel(this.#settings.name, from, to, this.#parts.time.now())
    const keep = () => {
      this.#isNew = false
      this.#parts.sieve.forget()
    }
    return { ...parcel, last: null, keep }
  }

  /** Sends it once, and waits where it must be sent again. True: taken. */
  async #deliver(load: Load, signal: AbortSignal): Promise<boolean> {
    if (this.#dead) {
      await this.#sleep(null, signal)
      return false
    }
    const answer = await this.#parts.post(this.#headers(load), load.body, this.#last.signal)
    // nobody waits for it any more, and where it stands is noted
    if (this.#last.signal.aborted) return false
    if (answer.status !== null && answer.status >= 200 && answer.status < 300) {
      this.#taken(load)
      return true
    }
    this.#failed(answer)
    if (!this.#dead) await this.#backOff(answer, signal)
    return false
  }

  #headers({ id, body }: Load): Record<string, string> {
    const { secret } = this.#settings
    const seconds = Math.floor(this.#parts.time.now() / 1000)
    const signed =
      secret === null
        ? { 'webhook-id': id, 'webhook-timestamp': String(seconds) }
        : sign(secret, id, seconds, body)
    return { ...signed, 'content-type': 'application/json', 'user-agent': 'Systole' }
  }

  #taken({ from, to, events, keep }: Load): void {
    if (this.#failures > 0) this.#say('working', 'takes messages again')
    this.#delivered += events
    this.#lastSuccessAt = this.#parts.time.now()
    this.#failures = 0
    this.#failingSince = null
    this.#lastError = null
    this.#nextTryAt = null
    this.#behindSince = null
    // else it was given another place meanwhile
    if (from === this.#cursor) {
      keep()
      this.#cursor = to
    }
    this.#note()
  }

  #failed({ status, problem }: Answer): void {
    const now = this.#parts.time.now()
    this.#ahead = null
    this.#failures++
    this.#failingSince ??= now
    this.#lastError = status === null ? problem : meaningOf(status)
    const lastError = this.#lastError
    if (this.#failures === 1) this.#say('failing', `fails: ${lastError}`)
    if (status === 410 || now - this.#failingSince >= DEAD_AFTER) {
      this.#dead = true
      this.#nextTryAt = null
      this.#say('dead', `is dead: ${lastError}. Mend it, then resume it`)
    }
    this.#note()
  }

  async #backOff(answer: Answer, signal: AbortSignal): Promise<void> {
    const { time, chance } = this.#parts
    const now = time.now()
    const ms = retryIn(this.#failures, chance(), retryAfter(answer.retryAfter, now))
    this.#nextTryAt = now + ms
    await this.#sleep(ms, signal)
    this.#nextTryAt = null
  }

  /** `null`: until the signal says no. */
  #sleep(ms: number | null, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const callOff = ms === null ? null : this.#parts.time.after(ms, () => wake())
      const wake = () => {
        callOff?.()
        signal.removeEventListener('abort', wake)
        resolve()
      }
      signal.addEventListener('abort', wake)
      if (signal.aborted) wake()
    })
  }

  async #atMost(ms: number, work: Promise<void>): Promise<void> {
    let callOff = () => {}
    const over = new Promise<void>(resolve => {
      callOff = this.#parts.time.after(ms, resolve)
    })
    await Promise.race([work, over])
    callOff()
  }

  #say(what: 'failing' | 'working' | 'dead', message: string): void {
    this.#parts.say(what, `webhook endpoint ${this.#settings.name} ${message}`)
  }

  #note(): void {
    if (this.#resuming > 0 || this.#last.signal.aborted) return
    this.#notedAt = this.#parts.time.now()
    this.#parts.note.write(this.#remembered())
  }

  #remembered(): Remembered {
    return {
      cursor: this.#cursor,
      isNew: this.#isNew,
      url: this.#settings.url,
      failures: this.#failures,
      failingSince: this.#failingSince,
      lastError: this.#lastError,
      dead: this.#dead,
    }
  }
}

function meaningOf(status: number): string {
  const redirects = status >= 300 && status < 400
  return `answered ${status}${redirects ? '; redirects are not followed, give the address it points to' : ''}`
}
