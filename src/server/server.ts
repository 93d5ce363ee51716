// A presence server: puts the rooms together, starts and stops them in order, and answers for all of them.
// It decides nothing that the detector, the ledger or a dialect decides.

import type { Clock } from '../core/clock.ts'
import { TICK } from '../core/timing.ts'
import type { Step, Transition } from '../core/transition.ts'
import { SystoleError } from '../errors.ts'
import { SUBPROTOCOL } from '../protocol/version.ts'
import type { Opened, Store } from '../stores/store.ts'
import type { Listener, Transport } from '../transports/transport.ts'
import { Acknowledgements } from './acknowledgements.ts'
import type {
  ListenerAddress,
  MemberAnswer,
  MembersQuery,
  PresenceServer,
  PushOptions,
  PushResult,
  RequestHandler,
  ServerStatus,
  SessionAnswer,
  SessionsQuery,
} from './api.ts'
import { Committer } from './committer.ts'
import type { Connection } from './connection.ts'
import { Counters } from './counters.ts'
import { Doorman } from './doorman.ts'
import { GatewayLinks } from './gateway-links.ts'
import { Groups } from './groups.ts'
import { HeartbeatList } from './heartbeat-list.ts'
import { Hub } from './hub/hub.ts'
import type { Log } from './log.ts'
import { MessageListeners, type OnMessage } from './message-listeners.ts'
import { WallTime } from './monotonic.ts'
import { Natives } from './natives.ts'
import { makePort } from './port.ts'
import { Push } from './push.ts'
import { Reception } from './reception.ts'
import { openSessions, restoreSessions } from './restart.ts'
import type { Settings } from './settings.ts'
import { Switchboard } from './switchboard.ts'
import { Ticker } from './ticker.ts'
import { Views } from './views.ts'

/** What a server needs from outside: adapters, clocks, randomness, a log. */
export interface ServerParts {
  readonly transport: Transport
  readonly store: Store
  readonly clock: Clock
  /** The wall clock, such as `Date.now`. */
  readonly wall: () => number
  readonly random: (bytes: number) => Uint8Array
  readonly log: Log
}

/** Told what every commit returned, in order. */
type OnTransitions = (transitions: readonly Transition[]) => void

const MINUTE = 60_000

/** One run of a server. `start` once, `stop` once. */
export class Server implements PresenceServer {
  readonly #settings: Settings
  readonly #parts: ServerParts
  readonly #opened: Opened
  readonly #time: WallTime
  readonly #counters: Counters
  readonly #committer: Committer
  readonly #board: Switchboard
  readonly #views: Views
  readonly #push: Push
  readonly #hub: Hub
  readonly #groups: Groups
  readonly #listeners: MessageListeners
  readonly #acknowledgements = new Acknowledgements()
  readonly #natives: Natives
  readonly #list: HeartbeatList
  readonly #gatewayLinks: GatewayLinks
  readonly #reception: Reception
  readonly #ticker: Ticker
  readonly #startedAt: number
  readonly #ports: { readonly listener: Listener; readonly address: ListenerAddress }[] = []
  readonly #told = new Set<OnTransitions>()
  #correctedAt = 0
  #stopping: Promise<void> | null = null

  /** `opened`: what `parts.store.open()` gave. */
  constructor(settings: Settings, parts: ServerParts, opened: Opened) {
    const { store, clock, wall, random, log } = parts
    const at = clock.now()
    this.#settings = settings
    this.#parts = parts
    this.#opened = opened
    this.#startedAt = wall()
    this.#time = new WallTime(clock, wall)
    this.#counters = new Counters(log, clock)
    this.#committer = new Committer(store, this.#time, steps => this.#tell(steps))
    this.#list = new HeartbeatList(store, clock)
    this.#listeners = new MessageListeners(log)
    const failed = (stage: string) => (error: unknown) =>
      log.error({ err: error, stage }, `failed at ${stage}: the rest goes on`)
    this.#groups = new Groups(
      { store, clock, committer: this.#committer, time: this.#time, onError: failed('groups') },
      opened.lapses,
    )
    this.#natives = new Natives({
      time: this.#time,
      groups: this.#groups,
      listeners: this.#listeners,
      acknowledgements: this.#acknowledgements,
      maxMessage: settings.maxMessage,
      request: (connection, message) => this.#hub.request(connection, message),
    })
    const doorman = new Doorman(settings, this.#counters)
    this.#board = new Switchboard(
      {
        detector: { firstId: opened.firstSessionId, breaker: settings.breaker },
        committer: this.#committer,
        counters: this.#counters,
        log,
        rate: settings.rate,
        native: this.#natives,
        sendList: connection => this.#sendList(connection),
        decided: connection => this.#reception.decided(connection),
      },
      at,
    )
    this.#views = new Views(this.#board.detector, this.#time)
    this.#push = new Push({ store, clock, views: this.#views, acknowledgements: this.#acknowledgements })
    this.#hub = new Hub({
      store,
      views: this.#views,
      run: nameOf(random(9)),
      maxQueued: settings.maxQueued,
      version: opened.epoch * 2 ** 32,
      now: () => clock.now(),
      wall: () => this.#time.told(clock.now()),
      publish: (topic, text) => {
        for (const { listener } of this.#ports) listener.publish(topic, text)
      },
      nextTurn: run => void setImmediate(run),
      count: name => this.#counters.count(name),
      onError: failed('hub'),
    })
    this.#gatewayLinks = new GatewayLinks(this.#board, random)
    this.#reception = new Reception({
      clock,
      board: this.#board,
      doorman,
      gatewayLinks: this.#gatewayLinks,
      counters: this.#counters,
      gone: connection => this.#gone(connection),
      onError: (error, stage) =>
        log.error({ err: error, stage }, `failed at ${stage}: this connection ends, others go on`),
    })
    this.#ticker = new Ticker(TICK, clock, {
      stalled: (ms, now) => this.#stalled(ms, now),
      tick: now => this.#tick(now),
    })
  }

  /** Puts back open sessions, listens on every port, and begins to judge. */
  async start(request: RequestHandler): Promise<void> {
    const { clock, transport } = this.#parts
    const { detector } = this.#board
    const settings = this.#settings
    const ports = settings.listeners.map(listener => makePort(listener, settings))
    restoreSessions(detector, this.#opened.sessions, settings, ports[0]!, this.#time, clock.now())
    try {
      for (const port of ports) {
        const { host, port: number, dialect } = port.settings
        const options = {
          host,
          port: number,
          maxMessageBytes: settings.maxMessage,
          maxQueuedBytes: settings.maxQueued,
          ...(port.speaksNative && { streamProtocol: SUBPROTOCOL }),
        }
        const listener = await transport.listen(options, this.#reception.handlers(port, request))
        const address = { host: listener.host, port: listener.port, dialect, bound: port.bound }
        this.#ports.push({ listener, address })
      }
    } catch (error) {
      await Promise.all(this.#ports.splice(0).map(({ listener }) => listener.stop()))
      throw error
    }
    this.#correctedAt = clock.now()
    this.#ticker.start()
  }

  get addresses(): readonly ListenerAddress[] {
    return this.#ports.map(({ address }) => address)
  }

  async members({
    after,
    limit,
    state,
  }: MembersQuery): Promise<{ members: MemberAnswer[]; next: string | null }> {
    this.#committer.flush()
    const query = { order: 'id' as const, after, limit, ...(state !== undefined && { state }) }
    const page = await this.#parts.store.page(query)
    const at = this.#parts.clock.now()
    return { members: page.members.map(record => this.#views.member(record, at)), next: page.next }
  }

  async member(id: string): Promise<{ member: MemberAnswer; sessions: SessionAnswer[] } | null> {
    this.#committer.flush()
    const [record] = await this.#parts.store.lookup([id])
    if (record == null) return null
    const at = this.#parts.clock.now()
    const sessions = this.#views.sessionsOf(id).map(session => this.#views.session(session, at))
    return { member: this.#views.member(record, at), sessions }
  }

  sessions({ after, limit, anonymous }: SessionsQuery): { sessions: SessionAnswer[]; next: string | null } {
    const at = this.#parts.clock.now()
    const { found, next } = this.#views.page(after === null ? null : Number(after), limit, anonymous)
    return {
      sessions: found.map(session => this.#views.session(session, at)),
      next: next === null ? null : String(next),
    }
  }

  status(): ServerStatus {
    const { degraded, problem } = this.#parts.store.health
    return {
      ready: this.#ports.length > 0 && this.#stopping === null,
      degraded,
      problem,
      held: this.#board.detector.breaker.held,
      members: this.#parts.store.counts,
      sessions: this.#board.detector.table.size - this.#natives.observers,
      connections: this.#reception.connections.size,
      startedAt: this.#startedAt,
      counters: this.#counters.read(),
    }
  }

  async pushToMember(id: string, data: unknown, { ack }: PushOptions = {}): Promise<PushResult> {
    this.#committer.flush()
    return this.#push.toMember(id, data, ack)
  }

  async pushToType(type: string, data: unknown, { ack }: PushOptions = {}): Promise<PushResult> {
    this.#committer.flush()
    return this.#push.toMany({ type }, data, ack)
  }

  async pushToGroup(group: string, data: unknown, { ack }: PushOptions = {}): Promise<PushResult> {
    this.#committer.flush()
    return this.#push.toMany({ group }, data, ack)
  }

  async pushToAll(
    data: unknown,
    { ack, anonymous }: PushOptions & { readonly anonymous?: boolean } = {},
  ): Promise<PushResult> {
    this.#committer.flush()
    const others = anonymous === true ? { nameless: this.#reception.connections } : {}
    return this.#push.toMany(others, data, ack)
  }

  async kick(memberId: string, { reason = 'kicked' }: { readonly reason?: string } = {}): Promise<number> {
    this.#refuseWhileStopping()
    const sessions = this.#views.sessionsOf(memberId)
    const at = this.#parts.clock.now()
    for (const session of sessions) {
      const { link } = session
      this.#board.apply({ type: 'end', session, reason: 'kicked' }, at)
      // one that beats for others too is theirs
      if (link !== null && link.members === 0) link.dismiss('kicked', reason)
    }
    return sessions.length
  }

  async addToGroup(group: string, memberId: string, { ttl }: { readonly ttl?: number } = {}): Promise<void> {
    this.#refuseWhileStopping()
    return this.#groups.add(group, memberId, ttl)
  }

  async removeFromGroup(group: string, memberId: string): Promise<void> {
    this.#refuseWhileStopping()
    return this.#groups.remove(group, memberId)
  }

  onMessage(listener: OnMessage): () => void {
    return this.#listeners.add(listener)
  }

  bind(clientId: string, memberId: string): void {
    this.#refuseWhileStopping()
    this.#gatewayLinks.bind(clientId, memberId, this.#parts.clock.now())
  }

  unbind(clientId: string): void {
    this.#refuseWhileStopping()
    this.#gatewayLinks.unbind(clientId, this.#parts.clock.now())
  }

  onTransitions(listener: OnTransitions): () => void {
    this.#told.add(listener)
    return () => this.#told.delete(listener)
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  // The store is about to close, or closed: a change would be lost.
  #refuseWhileStopping(): void {
    if (this.#stopping !== null)
      throw new SystoleError('not_running', 'the server is stopping: nothing can be changed any more')
  }

  // Sessions are not ended: they are found open at the next start, and those who return are never told as gone.
  async #stop(): Promise<void> {
    this.#ticker.stop()
    for (const { listener } of this.#ports) listener.stopAccepting()
    this.#reception.closeAll()
    await this.#committer.settle()
    await this.#opened.close(openSessions(this.#board.detector, this.#time))
    await Promise.all(this.#ports.map(({ listener }) => listener.stop()))
  }

  #tick(at: number): void {
    this.#board.apply({ type: 'tick' }, at)
    this.#hub.tick(at)
    this.#natives.trips.tick(at)
    this.#acknowledgements.tick(at)
    this.#groups.tick(at)
    if (at - this.#correctedAt < MINUTE) return
    this.#correctedAt = at
    this.#time.correct()
  }

  #stalled(ms: number, at: number): void {
    this.#counters.count('stalls')
    this.#counters.count('stalled_ms', ms)
    if (ms > 1_000)
      this.#parts.log.warn({ ms }, `did not run for ${ms} ms: every deadline is that much later`)
    this.#board.apply({ type: 'stalled', ms }, at)
  }

  #sendList(connection: Connection): void {
    this.#committer.flush()
    this.#list
      .send(connection)
      .catch(error => this.#parts.log.error({ err: error, stage: 'list' }, 'could not answer GetHeartbeat'))
  }

  #gone(connection: Connection): void {
    this.#natives.gone(connection)
    this.#hub.closed(connection)
  }

  #tell(steps: readonly Step[]): void {
    this.#list.outdate()
    this.#groups.tell(steps)
    this.#hub.tell(steps)
    for (const listener of this.#told) {
      try {
        listener(steps)
      } catch (error) {
        this.#parts.log.error({ err: error, stage: 'transitions' }, 'a transition listener failed')
      }
    }
  }
}

function nameOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
