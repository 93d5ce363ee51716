// The rooms of a server put together with no socket, no timer and a clock that only the test moves. What happens is
// what happens in a real server; only the transport, the store's file and time are missing.

import type { Authority } from '../../src/auth/authority.ts'
import { TICK } from '../../src/core/timing.ts'
import type { Step } from '../../src/core/transition.ts'
import type { HubRequest } from '../../src/dialects/native-wire.ts'
import { Acknowledgements } from '../../src/server/acknowledgements.ts'
import type { Ban } from '../../src/server/api.ts'
import { Committer } from '../../src/server/committer.ts'
import type { Connection } from '../../src/server/connection.ts'
import { Counters } from '../../src/server/counters.ts'
import { Doorman } from '../../src/server/doorman.ts'
import { rateOf } from '../../src/server/flood.ts'
import { Gate } from '../../src/server/gate.ts'
import { GatewayLinks } from '../../src/server/gateway-links.ts'
import { Groups } from '../../src/server/groups.ts'
import { HeartbeatList } from '../../src/server/heartbeat-list.ts'
import { HttpBeats } from '../../src/server/http-beats.ts'
import { MessageListeners } from '../../src/server/message-listeners.ts'
import { WallTime } from '../../src/server/monotonic.ts'
import { Natives } from '../../src/server/natives.ts'
import { settingsOf } from '../../src/server/options/make-settings.ts'
import { makePort, type Port } from '../../src/server/port.ts'
import { Push } from '../../src/server/push.ts'
import { Reception } from '../../src/server/reception.ts'
import { SessionData } from '../../src/server/session-data.ts'
import type { ListenerDialect, ListenerSettings, Settings } from '../../src/server/settings.ts'
import { Switchboard } from '../../src/server/switchboard.ts'
import { Views } from '../../src/server/views.ts'
import type { Handlers, UpgradeAnswer } from '../../src/transports/transport.ts'
import { FakeLink } from './fake-link.ts'
import { LedgerStore } from './ledger-store.ts'

/** A log line: its message and fields. */
export interface Line {
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** What a test may change. */
export interface FakeOptions {
  readonly listener?: Partial<ListenerSettings>
  readonly settings?: Partial<Settings>
  readonly store?: LedgerStore
  /** Without one: open mode. */
  readonly authority?: Authority
  /** The authority looks at headers too. */
  readonly keepsHeaders?: boolean
  /** Added to the wall clock from the start. */
  readonly wallShift?: number
}

/** An upgrade request. */
export interface Knock {
  readonly url?: string
  readonly address?: string
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

const LOCAL = { host: 'localhost:9502' }

/** The wall clock when the test's clock stands at 0. */
export const EPOCH = 1_700_000_000_000
const NO_PORT = 9502

export class FakeServer {
  /** Monotonic ms. */
  at = 1_000
  /** Added to the wall clock. */
  wallShift: number
  readonly told: Step[] = []
  /** Who is kept out, and why. */
  readonly banned = new Map<string, string | null>()
  /** Connections that see less or more than before. */
  readonly resighted: Connection[] = []
  readonly gate: Gate
  /** What was said to the hub, which is not here. */
  readonly requests: HubRequest[] = []
  readonly lines: Line[] = []
  readonly links: FakeLink[] = []
  readonly store: LedgerStore
  readonly settings: Settings
  readonly time: WallTime
  readonly counters: Counters
  readonly committer: Committer
  readonly board: Switchboard
  readonly sessionData: SessionData
  readonly views: Views
  readonly push: Push
  readonly beats: HttpBeats
  readonly groups: Groups
  readonly listeners: MessageListeners
  readonly acknowledgements = new Acknowledgements()
  readonly natives: Natives
  readonly heartbeatList: HeartbeatList
  readonly gatewayLinks: GatewayLinks
  readonly doorman: Doorman
  readonly reception: Reception
  readonly port: Port
  #random = 0
  #kept: Handlers<Connection> | null = null

  constructor(dialect: ListenerDialect, options: FakeOptions = {}) {
    const { listener, settings, store, wallShift = 0, authority = null, keepsHeaders = false } = options
    this.wallShift = wallShift
    const clock = { now: () => this.at }
    const write = (fields: object, message: string) => this.lines.push({ message, fields: { ...fields } })
    const log = { debug: write, info: write, warn: write, error: write }
    const defaults = settingsOf({})
    this.settings = { ...defaults, ...settings }
    this.store = store ?? new LedgerStore()
    this.time = new WallTime(clock, () => EPOCH + this.at + this.wallShift)
    this.counters = new Counters(log, clock)
    this.committer = new Committer(this.store, this.time, told => {
      this.told.push(...told)
      this.heartbeatList.outdate()
      this.groups.tell(told)
    })
    const { committer, time, acknowledgements } = this
    this.listeners = new MessageListeners(log)
    this.groups = new Groups(
      {
        store: this.store,
        committer,
        clock,
        time,
        most: this.settings.limits.groups,
        onError: error => write({ err: error }, 'groups'),
      },
      [],
    )
    this.natives = new Natives({
      time,
      acknowledgements,
      groups: this.groups,
      listeners: this.listeners,
      maxMessage: this.settings.maxMessage,
      limits: this.settings.limits,
      request: (_, message) => void this.requests.push(message),
    })
    this.heartbeatList = new HeartbeatList(this.store, clock)
    this.sessionData = new SessionData({
      notebook: this.store.notebook,
      isOpen: session => this.views.sessionOf(session) !== null,
      onError: error => write({ err: error }, 'session-data'),
    })
    const bans = { of: (member: string) => this.#banOf(member) }
    this.gate = new Gate({
      groupsOf: member => {
        this.committer.flush()
        return this.store.lookup([member])[0]?.groups ?? []
      },
      connections: () => this.reception.connections,
      authority,
      keepsHeaders,
      perMember: this.settings.limits.perMember,
      bans,
      clock,
      time,
      counters: this.counters,
      sessionData: this.sessionData,
      table: () => this.board.detector.table,
      apply: (event, at) => this.board.apply(event, at),
      resighted: connection => this.resighted.push(connection),
      onError: error => write({ err: error }, 'gate'),
    })
    this.board = new Switchboard(
      {
        detector: { breaker: this.settings.breaker },
        committer: this.committer,
        counters: this.counters,
        log,
        rate: rateOf(this.settings),
        profileBytes: this.settings.limits.profile,
        updates: this.settings.limits.updates,
        gate: this.gate,
        native: this.natives,
        sendList: connection => {
          this.committer.flush()
          void this.heartbeatList.send(connection)
        },
        decided: connection => this.reception.decided(connection),
        ended: session => this.sessionData.ended(session),
      },
      this.at,
    )
    this.views = new Views({
      detector: this.board.detector,
      time,
      sessionData: this.sessionData,
      node: 'fake',
    })
    this.push = new Push({ store: this.store, detector: this.board.detector, clock, acknowledgements })
    this.beats = new HttpBeats({
      store: this.store,
      clock,
      board: this.board,
      committer,
      bans,
      suspectAfter: this.settings.suspectAfter,
      mostProfile: this.settings.limits.profile,
      expectRunning: () => {},
    })
    this.gatewayLinks = new GatewayLinks(this.board, bans, bytes =>
      new Uint8Array(bytes).fill(++this.#random),
    )
    this.doorman = new Doorman(this.settings, this.counters)
    this.reception = new Reception({
      clock,
      board: this.board,
      doorman: this.doorman,
      gatewayLinks: this.gatewayLinks,
      counters: this.counters,
      gone: connection => this.natives.gone(connection),
      onError: (error, stage) => write({ err: error }, stage),
    })
    const first = defaults.listeners[0]!
    this.port = makePort({ ...first, port: NO_PORT, dialect, ...listener }, this.settings)
  }

  /** What an upgrade is answered, of which nothing becomes. */
  knock({
    url = '/',
    address = '127.0.0.1',
    protocols = [],
    headers = LOCAL,
  }: Knock = {}): UpgradeAnswer<Connection> {
    const header = (name: string) => headers[name] ?? null
    return this.#handlers().upgrade({ url, header, address, protocols })
  }

  /** A connection that was let in; throws when it is refused. */
  connect(knock: Knock = {}): FakeLink {
    const handlers = this.#handlers()
    const { address = '127.0.0.1' } = knock
    const answer = this.knock(knock)
    if (!answer.accept) throw new Error(`${answer.status} ${answer.body}`)
    const link = new FakeLink(handlers, answer.data, address, answer.protocol ?? '')
    this.links.push(link)
    handlers.open(link)
    return link
  }

  /** Lets time pass tick by tick; links that were ended are gone after the tick. */
  advance(ms: number): void {
    for (const until = this.at + ms; this.at < until; ) {
      this.at = Math.min(this.at + TICK, until)
      this.board.apply({ type: 'tick' }, this.at)
      this.natives.trips.tick(this.at)
      this.acknowledgements.tick(this.at)
      this.groups.tick(this.at)
      this.gate.tick(this.at)
      this.reception.tick(this.at)
      for (const link of this.links) link.settle()
      this.committer.flush()
    }
  }

  /** A native connection; with `hello`, after what it said first. */
  native(hello?: object): FakeLink {
    const link = this.connect({ protocols: ['systole.v1'] })
    if (hello !== undefined) link.say({ t: 'hello', ...hello })
    return link
  }

  /** What was told of a member, such as `['join', 'leave lost']`. */
  story(member: string): string[] {
    this.committer.flush()
    return this.told
      .filter(transition => transition.member === member)
      .map(({ kind, reason }) => (reason === null ? kind : `${kind} ${reason}`))
  }

  /** `unknown` when it was never seen. */
  state(member: string): string {
    this.committer.flush()
    return this.store.ledger.members.get(member)?.state ?? 'unknown'
  }

  /** Ids of all members ever seen, in order. */
  ids(): string[] {
    this.committer.flush()
    return [...this.store.ledger.members.keys()].sort()
  }

  count(name: string): number {
    return this.counters.read()[name] ?? 0
  }

  /** The answer to GetHeartbeat on a connection of its own. */
  async list(): Promise<{ user_id: string; user_name: string; status: string }[]> {
    const sent: string[] = []
    this.committer.flush()
    await this.heartbeatList.send({ send: (text: string) => void sent.push(text) } as Connection)
    return JSON.parse(sent[0]!)
  }

  #banOf(member: string): Ban | null {
    const reason = this.banned.get(member)
    return reason === undefined ? null : { member, since: 0, until: null, reason }
  }

  #handlers(): Handlers<Connection> {
    this.#kept ??= this.reception.handlers(this.port, () => new Response())
    return this.#kept
  }
}
