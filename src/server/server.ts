// A presence server: starts and stops its parts in order, drives their one timer, and answers for all of them. It decides
// nothing that the detector, the ledger or a dialect decides.

import type { Authority } from '../auth/authority.ts'
import type { Clock } from '../core/clock.ts'
import { TICK } from '../core/timing.ts'
import type { Step, Transition } from '../core/transition.ts'
import { SUBPROTOCOL } from '../protocol/version.ts'
import type { Opened, Store } from '../stores/store.ts'
import type { Listener, Transport } from '../transports/transport.ts'
import type {
  ListenerAddress,
  PresenceServer,
  PushOptions,
  PushResult,
  PushTargets,
  RequestHandler,
  ServerStatus,
} from './api.ts'
import type { Connection } from './connection.ts'
import type { Log } from './log.ts'
import type { OnMessage } from './message-listeners.ts'
import { makePort } from './port.ts'
import { openSessions, restoreSessions } from './restart.ts'
import { furnish, type Rooms } from './rooms.ts'
import type { Settings } from './settings.ts'
import { Ticker } from './ticker.ts'
import { readTls } from './tls-files.ts'
import { nextTurn } from './turn.ts'

/** What a server needs from outside: adapters, clocks, randomness, a log. */
export interface ServerParts {
  readonly transport: Transport
  readonly store: Store
  readonly clock: Clock
  /** The wall clock, such as `Date.now`. */
  readonly wall: () => number
  readonly random: (bytes: number) => Uint8Array
  readonly log: Log
  /** Name of this node. */
  readonly node: string
  /** Says who somebody is; `null`: open mode. */
  readonly authority: Authority | null
  /** Called at the stop, before the store is closed: what reads its log and notes things in it ends here. */
  readonly beforeClose?: () => Promise<void>
}

/** Told what every commit returned, in order. */
type OnTransitions = (transitions: readonly Transition[]) => void

const MINUTE = 60_000

/** One run of a server. `start` once, `stop` once. */
export class Server implements PresenceServer {
  readonly #settings: Settings
  readonly #parts: ServerParts
  readonly #opened: Opened
  readonly #rooms: Rooms
  readonly #ticker: Ticker
  readonly #startedAt: number
  readonly #ports: { readonly listener: Listener; readonly address: ListenerAddress }[] = []
  readonly #told = new Set<OnTransitions>()
  #correctedAt = 0
  #stopping: Promise<void> | null = null

  /** `opened`: what `parts.store.open()` gave. */
  constructor(settings: Settings, parts: ServerParts, opened: Opened) {
    this.#settings = settings
    this.#parts = parts
    this.#opened = opened
    this.#startedAt = parts.wall()
    this.#rooms = furnish(settings, parts, opened, {
      tell: steps => this.#tell(steps),
      publish: (topic, text) => {
        for (const { listener } of this.#ports) listener.publish(topic, text)
      },
      sendList: connection => this.#sendList(connection),
    })
    this.#ticker = new Ticker(TICK, parts.clock, {
      stalled: (ms, now) => this.#stalled(ms, now),
      tick: now => this.#tick(now),
    })
  }

  /** Puts back open sessions, listens on every port, and begins to judge. */
  async start(request: RequestHandler): Promise<void> {
    const { clock, transport } = this.#parts
    const { board, time, bans, sessionData, reception } = this.#rooms
    const settings = this.#settings
    const tls = settings.tls === null ? null : await readTls(settings.tls, settings.names)
    const ports = settings.listeners.map(listener => makePort(listener, settings))
    restoreSessions(board.detector, this.#opened.sessions, settings, ports[0]!, time, clock.now())
    await bans.load()
    await sessionData.load()
    try {
      for (const port of ports) {
        const { host, port: number, dialect } = port.settings
        const options = {
          host,
          port: number,
          maxMessageBytes: settings.maxMessage,
          maxQueuedBytes: settings.maxQueued,
          ...(port.speaksNative && { streamProtocol: SUBPROTOCOL }),
          ...(tls !== null && { tls }),
        }
        const listener = await transport.listen(options, reception.handlers(port, request))
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

  get node(): string {
    return this.#parts.node
  }

  get tally(): PresenceServer['tally'] {
    return this.#rooms.directory.tally
  }

  get census(): PresenceServer['census'] {
    return this.#rooms.directory.census
  }

  get log(): PresenceServer['log'] {
    return this.#rooms.log
  }

  get bans(): PresenceServer['bans'] {
    return this.#rooms.bans
  }

  get beats(): PresenceServer['beats'] {
    return this.#rooms.beats
  }

  members: PresenceServer['members'] = query => this.#rooms.directory.members(query)
  member: PresenceServer['member'] = id => this.#rooms.directory.member(id)
  evidence: PresenceServer['evidence'] = (...asked) => this.#rooms.directory.evidence(...asked)
  lookup: PresenceServer['lookup'] = ids => this.#rooms.directory.lookup(ids)
  history: PresenceServer['history'] = (...asked) => this.#rooms.directory.history(...asked)
  groups: PresenceServer['groups'] = (...asked) => this.#rooms.directory.groups(...asked)
  session: PresenceServer['session'] = id => this.#rooms.directory.session(id)
  sessions: PresenceServer['sessions'] = query => this.#rooms.directory.sessions(query)

  kick: PresenceServer['kick'] = async (...asked) => this.#rooms.commands.kick(...asked)
  describe: PresenceServer['describe'] = (...asked) => this.#rooms.commands.describe(...asked)
  erase: PresenceServer['erase'] = member => this.#rooms.commands.erase(member)
  addToGroup: PresenceServer['addToGroup'] = (...asked) => this.#rooms.commands.addToGroup(...asked)
  removeFromGroup: PresenceServer['removeFromGroup'] = (...asked) =>
    this.#rooms.commands.removeFromGroup(...asked)
  bind: PresenceServer['bind'] = (...asked) => this.#rooms.commands.bind(...asked)
  unbind: PresenceServer['unbind'] = clientId => this.#rooms.commands.unbind(clientId)
  setSessionData: PresenceServer['setSessionData'] = (...asked) =>
    this.#rooms.commands.setSessionData(...asked)

  status(): ServerStatus {
    const { degraded, problem } = this.#parts.store.health
    const { board, natives, reception, counters } = this.#rooms
    const { merged } = board.detector.updates
    return {
      ready: this.#ports.length > 0 && this.#stopping === null,
      degraded,
      problem,
      held: board.detector.breaker.held,
      members: this.#parts.store.counts,
      sessions: board.detector.table.size - natives.observers,
      connections: reception.connections.size,
      startedAt: this.#startedAt,
      counters: { ...counters.read(), ...(merged > 0 && { updates_merged: merged }) },
    }
  }

  async push(targets: PushTargets, data: unknown, options: PushOptions = {}): Promise<PushResult> {
    this.#rooms.committer.flush()
    const { anonymous, all } = targets
    const nameless = all === true && anonymous === true ? this.#rooms.reception.connections : null
    return this.#rooms.push.to(targets, nameless, data, options.ack)
  }

  pushToMember(id: string, data: unknown, options?: PushOptions): Promise<PushResult> {
    return this.push({ members: [id] }, data, options)
  }

  pushToType(type: string, data: unknown, options?: PushOptions): Promise<PushResult> {
    return this.push({ types: [type] }, data, options)
  }

  pushToGroup(group: string, data: unknown, options?: PushOptions): Promise<PushResult> {
    return this.push({ groups: [group] }, data, options)
  }

  pushToAll(
    data: unknown,
    { anonymous = false, ...options }: PushOptions & { readonly anonymous?: boolean } = {},
  ): Promise<PushResult> {
    return this.push({ all: true, anonymous }, data, options)
  }

  onMessage(listener: OnMessage): () => void {
    return this.#rooms.listeners.add(listener)
  }

  onTransitions(listener: OnTransitions): () => void {
    this.#told.add(listener)
    return () => this.#told.delete(listener)
  }

  /** Counts what was refused outside of its rooms. */
  count(name: string): void {
    this.#rooms.counters.count(name)
  }

  async reload(): Promise<void> {
    const { tls, names } = this.#settings
    if (tls === null) return
    const pem = await readTls(tls, names)
    for (const { listener } of this.#ports) listener.reloadTls(pem)
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  // Sessions are not ended: they are found open at the next start, and those who return are never told as gone.
  async #stop(): Promise<void> {
    const { commands, reception, committer, board, time, log } = this.#rooms
    commands.stopping = true
    this.#ticker.stop()
    log.stop()
    for (const { listener } of this.#ports) listener.stopAccepting()
    reception.closeAll()
    // what those are answered who waited for more of the log is written in the next turn
    await Promise.all([committer.settle(), this.#parts.beforeClose?.(), nextTurn()])
    await this.#opened.close(openSessions(board.detector, time))
    await Promise.all(this.#ports.map(({ listener }) => listener.stop()))
  }

  #tick(at: number): void {
    const { board, hub, natives, acknowledgements, groups, time, reception, gate } = this.#rooms
    board.apply({ type: 'tick' }, at)
    hub.tick(at)
    natives.trips.tick(at)
    acknowledgements.tick(at)
    groups.tick(at)
    gate.tick(at)
    reception.tick(at)
    if (at - this.#correctedAt < MINUTE) return
    this.#correctedAt = at
    groups.leapt(time.correct())
  }

  #stalled(ms: number, at: number): void {
    const { counters, board } = this.#rooms
    counters.count('stalls')
    counters.count('stalled_ms', ms)
    if (ms > 1_000)
      this.#parts.log.warn({ ms }, `did not run for ${ms} ms: every deadline is that much later`)
    board.apply({ type: 'stalled', ms }, at)
  }

  #sendList(connection: Connection): void {
    const { committer, list } = this.#rooms
    committer.flush()
    list
      .send(connection)
      .catch(error => this.#parts.log.error({ err: error, stage: 'list' }, 'could not answer GetHeartbeat'))
  }

  #tell(steps: readonly Step[]): void {
    const { list, groups, hub } = this.#rooms
    list.outdate()
    groups.tell(steps)
    hub.tell(steps)
    for (const listener of this.#told) {
      try {
        listener(steps)
      } catch (error) {
        this.#parts.log.error({ err: error, stage: 'transitions' }, 'a transition listener failed')
      }
    }
  }
}
