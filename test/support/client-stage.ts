// A client on a stage: a place, a way and a server that are the test's, and everything the client told. `strike` ends
// every client of a test and says what they left behind.

import { createClient } from '../../src/client/index.ts'
import type { Client, ClientOptions, Problem, StateChange } from '../../src/client/types.ts'
import { FakePlace, type PlaceOptions, settle } from './fake-place.ts'
import { FakePresence } from './fake-presence.ts'
import { type FakeLine, FakeWay, type Sent } from './fake-way.ts'

/** Open, so that a test types its payloads as it goes. */
interface Anything {
  profile: unknown
  up: unknown
  down: unknown
}

/** `place`: how it is made, or one that another client uses too; `quiet`: no server answers. */
export interface StageOptions extends Partial<Omit<ClientOptions<Anything>, 'host'>> {
  readonly place?: FakePlace | PlaceOptions
  readonly quiet?: boolean
}

export class Stage {
  readonly place: FakePlace
  readonly server: FakePresence
  readonly way: FakeWay
  readonly client: Client<Anything>
  readonly changes: StateChange[] = []
  readonly problems: Problem[] = []

  constructor({ place = {}, quiet = false, ...options }: StageOptions = {}) {
    this.place = place instanceof FakePlace ? place : new FakePlace(place)
    this.server = new FakePresence(this.place.now)
    this.way = new FakeWay(quiet ? null : this.server)
    const who = options.getToken || options.observer ? {} : { member: 'ana' }
    const url = 'wss://presence.test/ws'
    this.client = createClient({ url, ...who, transports: [this.way], ...options, host: this.place })
    this.client.on('state', change => this.changes.push(change))
    this.client.on('problem', problem => this.problems.push(problem))
    stages.add(this)
  }

  get line(): FakeLine {
    return this.way.line
  }

  /** `from>to reason` of each change since it was last asked. */
  told(): string[] {
    return this.changes.splice(0).map(({ from, to, reason }) => `${from}>${to} ${reason}`)
  }

  codes(): string[] {
    return this.problems.splice(0).map(({ code }) => code)
  }

  /** Frames of one type on the present connection, since it was last asked. */
  heard(t: string): Sent[] {
    const frames = [...this.line.of(t)]
    for (const frame of frames) this.line.sent.splice(this.line.sent.indexOf(frame), 1)
    return frames
  }

  /** The server says it, and everything that follows is done. */
  async says(frame: Record<string, unknown> | string): Promise<void> {
    this.line.says(frame)
    await settle()
  }

  /** Breaks the connection. */
  async cut(code = 1006): Promise<void> {
    this.line.cut(code)
    await settle()
  }
}

const stages = new Set<Stage>()

/** A client that is online. */
export async function onlineStage(options: StageOptions = {}): Promise<Stage> {
  const stage = new Stage(options)
  await stage.place.advance(0)
  if (stage.client.state !== 'online') throw new Error(`it is ${stage.client.state}`)
  stage.told()
  return stage
}

/** Ends all; what is left of them: nothing is as it should be. */
export async function strike(): Promise<Record<string, number>> {
  const left = { timers: 0, listeners: 0, lines: 0, locks: 0 }
  for (const { client } of stages) client.destroy()
  await settle()
  for (const { place, way } of stages) {
    left.timers += place.timers
    left.listeners += place.listening
    left.lines += way.living
    left.locks += place.locks === null ? 0 : place.locks.held.size + place.locks.waiting
  }
  stages.clear()
  return left
}
