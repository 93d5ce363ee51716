// A small server that is right: greets, continues sessions, answers beats, asks and messages, and keeps lists with a log
// and cursors, as PROTOCOL.md says. Frames come in a later turn, in order, or when the test lets them through.

import type { Entry } from '../../src/protocol/messages.ts'
import type { FakeLine, FarEnd, Sent } from './fake-way.ts'

/** The world of one member. */
export interface Known {
  readonly state: 'online' | 'away' | 'offline'
  readonly groups: readonly string[]
}

interface Change {
  readonly member: string
  /** Groups it was in before. */
  readonly before: readonly string[]
}

interface Watching {
  readonly of: 'members' | 'group' | 'all'
  readonly group?: string
  readonly ids: Set<string>
  /** Up to here it was told. */
  at: number
}

const GREETED = { watch: 10_000, ask: 10_000, groups: 100, message: 65_536, frame: 4_194_304 }

export class FakePresence implements FarEnd {
  timing = { interval: 10_000, timeout: 5_000, grace: 10_000 }
  evidence: 'any' | 'beat' = 'any'
  /** Opens no connection, or answers nothing: a machine that is away. */
  mute = false
  /** Entries of a part of a snapshot or answer. */
  part = 3
  /** Frames wait for `pump`. */
  manual = false
  /** Runs of it: cursors of another one are answered by `reset`. */
  run = 1
  /** ms that a token lasts; `null`: nothing is said. */
  tokenLife: number | null = null
  /** Instead of a welcome. */
  refuse: ((hello: Sent) => { code: string; close: number } | null) | null = null
  /** How a message with an id is answered. */
  takes: 'ack' | 'error' | 'nothing' = 'ack'
  readonly members = new Map<string, Known>()
  readonly greeted: FakeLine[] = []
  readonly #now: () => number
  readonly #sessions = new Map<string, { session: string; epoch: number }>()
  readonly #watching = new WeakMap<FakeLine, Map<string, Watching>>()
  readonly #pending = new WeakMap<FakeLine, object[]>()
  readonly #versions = new Map<string, number>()
  readonly #log: Change[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  dialed(line: FakeLine): void {
    queueMicrotask(() => this.mute || line.opened())
  }

  heard(line: FakeLine, frame: Sent): void {
    if (this.mute) return
    const { id } = frame
    if (frame.t === 'hello') this.#hello(line, frame)
    else if (frame.t === 'beat') this.say(line, { t: 'beat', now: this.#now() })
    else if (frame.t === 'watch') this.#watch(line, frame)
    else if (frame.t === 'unwatch') this.#unwatch(line, frame)
    else if (frame.t === 'ask') this.#ask(line, frame)
    else if (frame.t === 'bye') queueMicrotask(() => line.cut(1000))
    else if (frame.t === 'auth') this.say(line, { t: 'ack', id, ...this.#expiry() })
    else if (frame.t === 'message' && this.takes === 'error')
      this.say(line, { t: 'error', code: 'not_taken', message: 'nobody', re: 'message', id })
    else if (id !== undefined && this.takes === 'ack') this.say(line, { t: 'ack', id })
  }

  /** Sessions are gone, so that nobody is resumed. */
  forget(): void {
    this.#sessions.clear()
  }

  /** A member changes; `null`: it is forgotten. */
  change(member: string, known: Known | null): void {
    const before = this.members.get(member)?.groups ?? []
    if (known === null) this.members.delete(member)
    else this.members.set(member, known)
    this.#log.push({ member, before })
    this.#versions.set(member, this.run * 1_000_000 + this.#log.length)
  }

  /** Tells what changed to those who watch. */
  tell(line: FakeLine): void {
    for (const watching of this.#watching.get(line)?.values() ?? []) {
      if (watching.at < this.#log.length) this.#diff(line, watching, false)
    }
  }

  /** Lets so many frames through. */
  pump(line: FakeLine, most = Number.POSITIVE_INFINITY): void {
    const pending = this.#pending.get(line) ?? []
    for (const frame of pending.splice(0, most)) line.says(frame as Record<string, unknown>)
  }

  say(line: FakeLine, frame: object): void {
    const pending = this.#pending.get(line) ?? []
    this.#pending.set(line, pending)
    // what was said is said as it was then
    pending.push(structuredClone(frame))
    if (!this.manual) queueMicrotask(() => this.pump(line, 1))
  }

  /** What a list holds by now. */
  list(of: 'group' | 'all', group?: string): Map<string, Entry> {
    const listed = [...this.members].filter(([, known]) =>
      of === 'all' ? known.state !== 'offline' : known.groups.includes(group!),
    )
    return new Map(listed.map(([member]) => [member, this.entry(member)]))
  }

  entry(member: string): Entry {
    const known = this.members.get(member)
    if (known === undefined) return { member, state: 'unknown' }
    const version = this.#versions.get(member)!
    return { member, state: known.state, since: version, lastEvidenceAt: version, lastBeatAt: null, version }
  }

  #hello(line: FakeLine, hello: Sent): void {
    const no = this.refuse?.(hello)
    if (no) {
      this.say(line, { t: 'error', code: no.code, message: 'refused', re: 'hello' })
      return queueMicrotask(() => queueMicrotask(() => line.cut(no.close)))
    }
    const { instance, epoch, member } = hello as Sent & { instance: string; epoch: number }
    const held = this.#sessions.get(instance)
    const session = held?.session ?? `s${this.greeted.length + 1}`
    this.#sessions.set(instance, { session, epoch })
    this.greeted.push(line)
    this.#watching.set(line, new Map())
    this.say(line, {
      ...{ t: 'welcome', session, member: hello.observer ? null : (member ?? 'token'), timing: this.timing },
      ...{ evidence: this.evidence, bound: { ms: 25_000, words: '' }, now: this.#now() },
      ...{ resumed: held !== undefined, limits: GREETED, ...this.#expiry() },
    })
  }

  #expiry(): object {
    return this.tokenLife === null ? {} : { tokenExpires: this.#now() + this.tokenLife }
  }

  #ask(line: FakeLine, { members, id }: Sent): void {
    const ids = members as string[]
    const parts = Math.max(1, Math.ceil(ids.length / this.part))
    for (let part = 0; part < parts; part++) {
      const entries = ids.slice(part * this.part, (part + 1) * this.part).map(member => this.entry(member))
      this.say(line, { t: 'answer', id, entries, ...(part < parts - 1 && { more: true }) })
    }
  }

  #watch(line: FakeLine, frame: Sent): void {
    const { id } = frame
    const { of, group } = scopeOf(frame)
    if (id !== undefined) this.say(line, { t: 'ack', id })
    if (of === 'counts') return this.say(line, this.counts(group))
    const key = `${of} ${group ?? ''}`
    const all = this.#watching.get(line)!
    const named = new Set((frame.members as string[] | undefined) ?? [])
    const [run, at] = `${frame.cursor ?? ''}`.split('.').map(Number)
    const goesOn = frame.cursor !== undefined && run === this.run
    const ids = of === 'members' ? new Set([...(all.get(key)?.ids ?? []), ...named]) : named
    const watching: Watching = { of, ...(group !== undefined && { group }), ids, at: this.#log.length }
    // what was not told yet of the others is told first
    if (of === 'members' && all.has(key)) this.#diff(line, all.get(key)!, false)
    all.set(key, watching)
    if (goesOn) this.#diff(line, Object.assign(watching, { at }), true)
    else this.#snapshot(line, watching, named, frame.cursor !== undefined)
  }

  counts(group?: string): object {
    const states = { online: 0, away: 0, suspect: 0, offline: 0 }
    for (const { state, groups } of this.members.values())
      if (group === undefined || groups.includes(group)) states[state]++
    return { t: 'counts', group, states, types: {}, now: this.#now() }
  }

  #unwatch(line: FakeLine, frame: Sent): void {
    const { of, group } = scopeOf(frame)
    const all = this.#watching.get(line)!
    const key = `${of} ${group ?? ''}`
    if (of !== 'members') all.delete(key)
    for (const member of of === 'members' ? (frame.members as string[]) : []) all.get(key)?.ids.delete(member)
  }

  #snapshot(line: FakeLine, { of, group, at }: Watching, named: ReadonlySet<string>, reset: boolean): void {
    const entries =
      of === 'members' ? [...named].map(member => this.entry(member)) : [...this.list(of, group).values()]
    const parts = Math.max(1, Math.ceil(entries.length / this.part))
    for (let part = 0; part < parts; part++)
      this.say(line, {
        ...{ t: 'snapshot', of, group, part },
        entries: entries.slice(part * this.part, (part + 1) * this.part),
        ...(part < parts - 1 ? { more: true } : { cursor: `${this.run}.${at}` }),
        ...(part === 0 && reset && { reset: true }),
      })
  }

  #diff(line: FakeLine, watching: Watching, resumed: boolean): void {
    const { of, group, ids, at } = watching
    const since = this.#log.slice(at)
    const changed = [...new Set(since.map(({ member }) => member))]
    const entries = changed.flatMap((member): Entry[] => {
      const entry = this.entry(member)
      const known = this.members.get(member)
      if (of === 'members') return ids.has(member) ? [entry] : []
      const isIn =
        of === 'all' ? known !== undefined && known.state !== 'offline' : known?.groups.includes(group!)
      const was = since.some(change => change.member === member && change.before.includes(group!))
      if (isIn) return [entry]
      const version = this.#versions.get(member)!
      return of === 'all' || was ? [{ ...entry, state: 'offline', version, gone: true }] : []
    })
    watching.at = this.#log.length
    const cursor = `${this.run}.${watching.at}`
    if (resumed || entries.length > 0)
      this.say(line, { t: 'diff', of, group, entries, cursor, ...(resumed && { resumed: true }) })
  }
}

function scopeOf({ members, group, all, counts }: Sent): {
  of: 'members' | 'group' | 'all' | 'counts'
  group?: string
} {
  if (members !== undefined) return { of: 'members' }
  if (group !== undefined) return { of: 'group', group: `${group}` }
  if (all !== undefined) return { of: 'all' }
  const of = (counts as { group?: string }).group
  return { of: 'counts', ...(of !== undefined && { group: of }) }
}
