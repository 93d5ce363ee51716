// The journal that writes behind the memory: gathers what commits changed, hands it to the file's thread in batches,
// one under way at a time, and knows what is durable. When the file fails it keeps everything and tries again.

import type { SessionChange } from '../../core/change.ts'
import { NEVER } from '../../core/clock.ts'
import type { Ledger } from '../../core/ledger.ts'
import type { Member } from '../../core/member.ts'
import { logged, type Step, type Transition } from '../../core/transition.ts'
import { SystoleError } from '../../errors.ts'
import type { SessionRecord } from '../store.ts'
import { storeError } from './failures.ts'
import { FileLink, type StartThread } from './file-link.ts'
import { FileNotebook } from './file-notebook.ts'
import { FileQuestions } from './file-questions.ts'
import { Gathered } from './gathered.ts'
import type { Chain, Found, Journal } from './journal.ts'
import { EPOCH, type LogBounds, type RunStart } from './log-cursor.ts'
import { LogTail, type TailBounds } from './log-tail.ts'
import type { Answer, Failure, Question, Rows, Run, RunId } from './messages.ts'
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

/** What is told last, and is kept in memory. */
const TAIL: TailBounds = { most: 65_536, bytes: 16 * 2 ** 20 }

type Options = Required<EmbeddedOptions> & { readonly path: string }

/** What the file belongs to. */
export interface JournalParts {
  /** Starts the thread of the data file. */
  readonly start: StartThread
  /** Called whenever there is more to read. */
  readonly logged: () => void
  readonly tail?: TailBounds | undefined
}

interface Asked<T> {
  resolve(value: T): void
  reject(error: Error): void
}

export class FileJournal implements Journal {
  readonly notebook = new FileNotebook(
    question => this.#ask(question),
    question => (this.#problem === '' ? this.#ask(question) : Promise.reject(this.#error())),
  )
  readonly #options: Options
  readonly #logged: () => void
  readonly #tail: LogTail
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
  readonly #questions = new FileQuestions(request => this.#link.send(request))
  #closing: (() => void) | null = null

  constructor(options: Options, { start, logged, tail = TAIL }: JournalParts) {
    this.#options = options
    this.#logged = logged
    this.#tail = new LogTail(tail)
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

  async open(least: RunStart): Promise<Found> {
    try {
      const run = await this.#openFile(least, null)
      this.#run = { log: run.log, epoch: run.epoch }
      this.#ends = new Map(run.ends)
      this.#end = Math.max(run.epoch * EPOCH, run.trimmed)
      this.#tail.begin(Math.max(run.trimmed, ...this.#ends.values()))
      this.#rows = run.lastRow
      this.#trimmer.trimmed = run.trimmed
      return { epoch: run.epoch, after: this.#end, lastSession: run.lastSession }
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

  erased(member: Member): void {
    this.#current.erase(member)
    this.#plan()
  }

  trim(at: number, most: number): void {
    if (this.#problem === '') this.#trimmer.begin(at, most, this.bounds)
  }

  async read(after: number, limit: number): Promise<Transition[]> {
    if (after >= this.#tail.floor) return this.#tail.read(after, limit)
    const { rows } = await this.#ask({ do: 'read', after, upTo: this.#end, limit })
    return transitionsIn(rows)
  }

  recent(version: number): Transition | undefined {
    const step = this.#current.step(version) ?? this.#sending?.gathered.step(version)
    return step === undefined ? this.#tail.get(version) : logged(step)
  }

  async chain(member: string, from: number, before: number, limit: number): Promise<Chain> {
    const { rows, at } = await this.#ask({ do: 'chain', member, from, before, limit })
    return { transitions: transitionsIn(rows), at }
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
    this.#questions.giveUp(this.#error('it was closed'))
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

  #ask(question: Question): Promise<Rows> {
    if (!this.#link.running || this.#fatal) return Promise.reject(this.#error('it is not open'))
    return this.#questions.ask(question)
  }

  #error(otherwise = ''): SystoleError {
    const text = this.#problem || `The data file ${this.#options.path} cannot be used: ${otherwise}.`
    return new SystoleError('store_failed', text)
  }

  #openFile(least: RunStart, run: RunId | null): Promise<Run> {
    const { path, durability, now } = this.#options
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject }
      this.#link.start()
      this.#link.send({ do: 'open', path, durability, now: now(), least, run })
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
      case 'rows':
        return this.#questions.answered(answer.ask, answer)
      case 'trimmed':
        return this.#trimmer.trimmedTo(answer.version, answer.more)
      case 'closed':
        return this.#closing?.()
      case 'failed':
        return this.#failed(answer)
    }
  }

  #written(batch: number): void {
    if (this.#sending === null || batch !== this.#batch) return
    const { gathered, sizes } = this.#sending
    const { transitions, erased } = gathered
    this.#tail.append(transitions, sizes)
    for (const version of erased) this.#tail.erase(version)
    this.#end = transitions.at(-1)?.version ?? this.#end
    this.#sending = null
    this.#problem = ''
    this.#retries = 0
    this.#plan()
    if (transitions.length > 0) this.#logged()
  }

  #failed({ request, ask, failure }: Answer & { on: 'failed' }): void {
    const error = storeError(this.#options.path, failure)
    if (request === 'open') this.#opening?.reject(error)
    else if (request === 'load') this.#restore?.asked.reject(error)
    else if (request === 'trim') this.#trimmer.stop()
    else if (request !== 'write') this.#questions.failed(ask, error)
    else if (ask === this.#batch) this.#ill(failure)
  }

  #died(failure: Failure): void {
    const error = storeError(this.#options.path, failure)
    this.#trimmer.stop()
    this.#opening?.reject(error)
    this.#restore?.asked.reject(error)
    if (this.#run.epoch !== 0 && this.#restore === null) this.#ill(failure)
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
        this.#trimmer.stop()
        await this.#link.stop()
        await this.#openFile({ epoch: 0, n: 0 }, this.#run)
        this.#fatal = false
        this.#questions.again()
      }
      this.#reopening = false
      this.#send()
    } catch (error) {
      this.#problem = (error as Error).message
      this.#questions.giveUp(this.#error())
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
