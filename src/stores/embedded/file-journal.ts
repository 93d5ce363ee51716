// The journal that writes behind the memory: gathers what commits changed, hands it to the file's thread in batches,
// one under way at a time, and knows what is durable. When the file fails it keeps everything and tries again.

import type { SessionChange } from '../../core/change.ts'
import { NEVER } from '../../core/clock.ts'
import type { Ledger } from '../../core/ledger.ts'
import type { Member } from '../../core/member.ts'
import type { Step, Transition } from '../../core/transition.ts'
import { SystoleError } from '../../errors.ts'
import type { SessionRecord } from '../store.ts'
import { storeError } from './failures.ts'
import { FileLink, type StartThread } from './file-link.ts'
import { Gathered } from './gathered.ts'
import type { Found, Journal } from './journal.ts'
import { EPOCH, type LogBounds } from './log-cursor.ts'
import type { Answer, Failure, Run, RunId } from './messages.ts'
import type { EmbeddedOptions } from './options.ts'
import { Parcel, PIECE } from './parcel.ts'
import { Restore } from './restore.ts'
import { transitionsIn } from './rows.ts'
import { Trimmer } from './trimmer.ts'

/** A batch is begun this long after its first change, to be on disk within 100 ms. */
const GATHER = 50
const LONGEST_WAIT = 5_000
const CLOSE_WITHIN = 2_000
const FULL = 13

type Options = Required<EmbeddedOptions> & { readonly path: string }

interface Asked<T> {
  resolve(value: T): void
  reject(error: Error): void
}

export class FileJournal implements Journal {
  readonly #options: Options
  readonly #link: FileLink
  readonly #trimmer = new Trimmer(request => this.#link.send(request))
  #run: RunId = { log: '', epoch: 0 }
  #ends = new Map<number, number>()
  #end = 0
  #rows = 0
  #current = new Gathered()
  #sending: Parcel | null = null
  #batch = 0
  #timer: (() => void) | null = null
  #retries = 0
  #fatal = false
  #reopening = false
  #problem = ''
  #opening: Asked<Run> | null = null
  #restore: { readonly into: Restore; readonly asked: Asked<void> } | null = null
  #reads = new Map<number, Asked<Transition[]>>()
  #lastRead = 0
  #closing: (() => void) | null = null

  constructor(options: Options, start: StartThread) {
    this.#options = options
    this.#link = new FileLink(start, {
      answered: answer => this.#answered(answer),
      died: error => this.#died({ code: 0, message: error.message }),
    })
  }

  get problem(): string {
    return this.#problem
  }

  get pending(): number {
    return this.#current.transitions.length + (this.#sending?.count ?? 0)
  }

  get bounds(): LogBounds {
    const { log, epoch } = this.#run
    return { log, epoch, end: this.#end, trimmed: this.#trimmer.trimmed, ends: this.#ends }
  }

  async open(epoch: number): Promise<Found> {
    try {
      const run = await this.#openFile(epoch, null)
      this.#run = { log: run.log, epoch: run.epoch }
      this.#ends = new Map(run.ends)
      this.#end = run.epoch * EPOCH
      this.#rows = run.lastRow
      this.#trimmer.trimmed = run.trimmed
      return { epoch: run.epoch, lastSession: run.lastSession }
    } catch (error) {
      await this.#link.stop()
      throw error
    }
  }

  async load(ledger: Ledger): Promise<SessionRecord[]> {
    const into = new Restore(ledger)
    try {
      await new Promise<void>((resolve, reject) => {
        this.#restore = { into, asked: { resolve, reject } }
        this.#link.send({ do: 'load' })
      })
    } catch (error) {
      await this.#link.stop()
      throw error
    }
    this.#restore = null
    return into.done()
  }

  before(changes: readonly SessionChange[], ledger: Ledger): void {
    if (!this.#sending?.open) return
    for (const { member } of changes) {
      const found = ledger.members.get(member)
      if (found !== undefined) this.#sending.keep(found)
    }
  }

  record(changes: readonly SessionChange[], told: readonly Step[], ledger: Ledger): void {
    for (const transition of told) this.#current.transitions.push(transition)
    for (const change of changes) {
      const member = ledger.members.get(change.member)
      if (member === undefined) continue
      if (member.row === 0) member.row = ++this.#rows
      this.#current.note(change, member)
    }
    this.#plan()
  }

  forgotten(member: Member): void {
    this.#current.forget(member)
    this.#plan()
  }

  trim(at: number, most: number): void {
    if (this.#problem === '') this.#trimmer.begin(at, most, this.bounds)
  }

  async read(after: number, limit: number): Promise<Transition[]> {
    if (after >= this.#end) return []
    if (!this.#link.running || this.#fatal) throw new SystoleError('store_failed', this.#problem)
    const ask = ++this.#lastRead
    return new Promise((resolve, reject) => {
      this.#reads.set(ask, { resolve, reject })
      this.#link.send({ do: 'read', ask, after, upTo: this.#end, limit })
    })
  }

  async close(open: readonly SessionRecord[], ledger: Ledger): Promise<void> {
    this.#noteEvidence(open, ledger)
    await new Promise<void>(resolve => {
      const late = this.#options.schedule(resolve, CLOSE_WITHIN)
      this.#closing = () => {
        late()
        resolve()
      }
      if (this.#problem === '') this.#plan()
      else if (!this.#reopening) void this.#retry()
    })
    this.#wait(null)
    await this.#link.stop()
    const lost = this.pending
    if (lost === 0 && this.#current.size === 0 && this.#sending === null) return
    const why = this.#problem || `The data file ${this.#options.path} did not take everything in time.`
    const text = `${why} Closed with ${lost} transitions not written.`
    this.#options.onError(new SystoleError('store_failed', text), { stage: 'store.close' })
  }

  #noteEvidence(open: readonly SessionRecord[], ledger: Ledger): void {
    for (const { id, member, lastEvidenceAt, lastBeatAt } of open) {
      const found = ledger.members.get(member)
      if (found === undefined) continue
      this.#sending?.keep(found)
      const beat = lastBeatAt ?? NEVER
      found.lastEvidenceAt = Math.max(found.lastEvidenceAt, lastEvidenceAt)
      found.lastBeatAt = Math.max(found.lastBeatAt, beat)
      this.#current.members.add(found)
      this.#current.evidence.set(id, { lastEvidenceAt, lastBeatAt: beat })
    }
  }

  #openFile(epoch: number, run: RunId | null): Promise<Run> {
    const { path, durability, now } = this.#options
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject }
      this.#link.start()
      this.#link.send({ do: 'open', path, durability, now: now(), epoch, run })
    })
  }

  // Sees to it that what is gathered goes out: at once when it is much or the store closes, else a little later.
  #plan(): void {
    if (this.#sending !== null || this.#problem !== '') return
    const { size } = this.#current
    if (size === 0) return this.#closing === null ? undefined : this.#link.send({ do: 'close' })
    if (size >= PIECE || this.#closing !== null) this.#send()
    else if (this.#timer === null) this.#wait(() => this.#send(), GATHER)
  }

  #wait(run: (() => void) | null, ms = 0): void {
    this.#timer?.()
    this.#timer =
      run &&
      this.#options.schedule(() => {
        this.#timer = null
        run()
      }, ms)
  }

  #send(): void {
    this.#wait(null)
    this.#sending = new Parcel(this.#current)
    this.#current = new Gathered()
    this.#batch++
    this.#sendPiece()
  }

  #sendPiece(): void {
    if (this.#sending === null) return
    const piece = this.#sending.next()
    this.#link.send({ do: 'write', batch: this.#batch, piece })
    if (!piece.last) this.#wait(() => this.#sendPiece())
  }

  #answered(answer: Answer): void {
    switch (answer.on) {
      case 'opened':
        return this.#opening?.resolve(answer.run)
      case 'sessions':
        return this.#restore?.into.sessions(answer.rows)
      case 'members':
        return this.#restore?.into.members(answer.rows)
      case 'loaded':
        return this.#restore?.asked.resolve()
      case 'written':
        return this.#written(answer.batch)
      case 'read':
        return this.#answer(answer.ask)?.resolve(transitionsIn(answer.rows))
      case 'trimmed':
        return this.#trimmer.trimmedTo(answer.version, answer.more)
      case 'closed':
        return this.#closing?.()
      case 'failed':
        return this.#failed(answer)
    }
  }

  #answer(ask: number): Asked<Transition[]> | undefined {
    const asked = this.#reads.get(ask)
    this.#reads.delete(ask)
    return asked
  }

  #written(batch: number): void {
    if (this.#sending === null || batch !== this.#batch) return
    this.#end = this.#sending.gathered.transitions.at(-1)?.version ?? this.#end
    this.#sending = null
    this.#problem = ''
    this.#retries = 0
    this.#plan()
  }

  #failed({ request, ask, failure }: Answer & { on: 'failed' }): void {
    const error = storeError(this.#options.path, failure)
    if (request === 'open') this.#opening?.reject(error)
    else if (request === 'load') this.#restore?.asked.reject(error)
    else if (request === 'read') this.#answer(ask)?.reject(error)
    else if (request !== 'write') this.#trimmer.stop()
    else if (ask === this.#batch) this.#ill(failure)
  }

  #died(failure: Failure): void {
    const error = storeError(this.#options.path, failure)
    this.#giveUp(error)
    this.#opening?.reject(error)
    this.#restore?.asked.reject(error)
    if (this.#run.epoch !== 0 && this.#restore === null) this.#ill(failure)
  }

  #giveUp(error: Error): void {
    for (const ask of [...this.#reads.keys()]) this.#answer(ask)?.reject(error)
    this.#trimmer.stop()
  }

  // Takes back what was under way and tries again, later each time.
  #ill(failure: Failure): void {
    const error = storeError(this.#options.path, failure)
    if (this.#problem === '') this.#options.onError(error, { stage: 'store.write' })
    this.#problem = error.message
    this.#fatal = failure.code !== FULL
    if (this.#sending !== null) {
      const again = this.#sending.undo()
      again.absorb(this.#current)
      this.#current = again
      this.#sending = null
    }
    this.#retryLater()
  }

  async #retry(): Promise<void> {
    this.#reopening = true
    try {
      if (this.#fatal || !this.#link.running) {
        this.#giveUp(new SystoleError('store_failed', this.#problem))
        await this.#link.stop()
        await this.#openFile(0, this.#run)
        this.#fatal = false
      }
      this.#reopening = false
      this.#send()
    } catch (error) {
      this.#problem = (error as Error).message
      this.#reopening = false
      this.#fatal = true
      this.#retryLater()
    }
  }

  #retryLater(): void {
    if (this.#closing !== null) return this.#closing()
    this.#wait(() => void this.#retry(), Math.min(LONGEST_WAIT, 100 * 2 ** this.#retries++))
  }
}
