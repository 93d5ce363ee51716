// Furnishes a server: makes its parts and joins them. The one place that knows what each of them needs; nothing here runs
// once the server does. Parts that know each other find each other through the set of all, which is whole when the first of
// them is called.

import type { Step } from '../core/transition.ts'
import type { MemberRecord, Opened } from '../stores/store.ts'
import { Acknowledgements } from './acknowledgements.ts'
import type { Bans } from './api.ts'
import { BanList } from './bans.ts'
import { Committer } from './committer.ts'
import type { Connection } from './connection.ts'
import { Counters } from './counters.ts'
import { Directory } from './directory.ts'
import { Doorman } from './doorman.ts'
import { rateOf } from './flood.ts'
import { Gate } from './gate.ts'
import { GatewayLinks } from './gateway-links.ts'
import { Groups } from './groups.ts'
import { HeartbeatList } from './heartbeat-list.ts'
import { HostCommands } from './host-commands.ts'
import { HttpBeats } from './http-beats.ts'
import { Hub } from './hub/hub.ts'
import { LogReader } from './log-reader.ts'
import { MessageListeners } from './message-listeners.ts'
import { WallTime } from './monotonic.ts'
import { Natives, type NativesParts } from './natives.ts'
import { Push } from './push.ts'
import { Reception } from './reception.ts'
import type { ServerParts } from './server.ts'
import { SessionData } from './session-data.ts'
import type { Settings } from './settings.ts'
import { Switchboard } from './switchboard.ts'
import { Views } from './views.ts'

/** What of the server its parts call. */
export interface Doors {
  tell(steps: readonly Step[]): void
  publish(topic: string, text: string): void
  sendList(connection: Connection): void
}

/** All parts of a server. */
export interface Rooms {
  readonly time: WallTime
  readonly counters: Counters
  readonly committer: Committer
  readonly listeners: MessageListeners
  readonly acknowledgements: Acknowledgements
  readonly sessionData: SessionData
  readonly groups: Groups
  readonly natives: Natives
  readonly gate: Gate
  readonly board: Switchboard
  readonly views: Views
  readonly hub: Hub
  readonly gatewayLinks: GatewayLinks
  readonly reception: Reception
  readonly bans: BanList
  readonly directory: Directory
  readonly commands: HostCommands
  readonly list: HeartbeatList
  readonly push: Push
  readonly log: LogReader
  readonly beats: HttpBeats
}

/** What they are made from. `rooms` fills as they are made. */
interface Plan {
  readonly settings: Settings
  readonly parts: ServerParts
  readonly opened: Opened
  readonly doors: Doors
  readonly rooms: Rooms
  failed(stage: string): (error: unknown) => void
}

/** Makes them. `opened`: what the store gave. */
export function furnish(settings: Settings, parts: ServerParts, opened: Opened, doors: Doors): Rooms {
  const { store, clock, wall, log, node } = parts
  const rooms = {} as { -readonly [Name in keyof Rooms]: Rooms[Name] }
  const failed = (stage: string) => (error: unknown) =>
    log.error({ err: error, stage }, `failed at ${stage}: the rest goes on`)
  const plan: Plan = { settings, parts, opened, doors, rooms, failed }
  rooms.time = new WallTime(clock, wall)
  rooms.counters = new Counters(log, clock)
  rooms.committer = new Committer(store, rooms.time, steps => doors.tell(steps))
  rooms.listeners = new MessageListeners(log)
  rooms.acknowledgements = new Acknowledgements()
  rooms.sessionData = makeSessionData(plan)
  rooms.groups = makeGroups(plan)
  rooms.natives = makeNatives(plan)
  rooms.gate = makeGate(plan)
  rooms.board = makeBoard(plan)
  const { detector } = rooms.board
  const { time, sessionData, acknowledgements, committer } = rooms
  rooms.views = new Views({ detector, time, sessionData, node })
  rooms.hub = makeHub(plan)
  rooms.gatewayLinks = new GatewayLinks(rooms.board, keptOut(rooms), parts.random)
  rooms.reception = makeReception(plan)
  rooms.bans = makeBans(plan)
  rooms.directory = new Directory({ store, clock, committer, views: rooms.views })
  rooms.commands = makeCommands(plan)
  rooms.list = new HeartbeatList(store, clock)
  rooms.push = new Push({ store, clock, detector, acknowledgements })
  rooms.log = new LogReader(store)
  rooms.beats = makeBeats(plan)
  return rooms
}

function makeSessionData({ parts, rooms, failed }: Plan): SessionData {
  return new SessionData({
    notebook: parts.store.notebook,
    isOpen: session => rooms.views.sessionOf(session) !== null,
    onError: failed('session-data'),
  })
}

function makeGroups({ settings, parts, opened, rooms, failed }: Plan): Groups {
  const { store, clock } = parts
  const { committer, time } = rooms
  const most = settings.limits.groups
  return new Groups({ store, clock, committer, time, most, onError: failed('groups') }, opened.lapses)
}

function makeNatives({ settings, rooms }: Plan): Natives {
  const { time, groups, listeners, acknowledgements } = rooms
  const { maxMessage, limits } = settings
  const request: NativesParts['request'] = (connection, message) => rooms.hub.request(connection, message)
  return new Natives({ time, groups, listeners, acknowledgements, maxMessage, limits, request })
}

function makeGate({ settings, parts, rooms, failed }: Plan): Gate {
  const { store, clock, authority } = parts
  const { time, counters, sessionData, committer } = rooms
  return new Gate({
    authority,
    keepsHeaders: settings.auth?.hook != null,
    perMember: settings.limits.perMember,
    bans: keptOut(rooms),
    clock,
    time,
    counters,
    sessionData,
    groupsOf: member => {
      committer.flush()
      const found = store.lookup([member])
      return found instanceof Promise ? found.then(groupsIn) : groupsIn(found)
    },
    connections: () => rooms.reception.connections,
    table: () => rooms.board.detector.table,
    apply: (event, at) => rooms.board.apply(event, at),
    resighted: connection => rooms.hub.resighted(connection),
    onError: failed('gate'),
  })
}

function makeBoard({ settings, parts, opened, doors, rooms }: Plan): Switchboard {
  const { committer, counters, gate, natives } = rooms
  return new Switchboard(
    {
      detector: { firstId: opened.firstSessionId, breaker: settings.breaker },
      committer,
      counters,
      log: parts.log,
      rate: rateOf(settings),
      profileBytes: settings.limits.profile,
      updates: settings.limits.updates,
      gate,
      native: natives,
      sendList: connection => doors.sendList(connection),
      decided: connection => rooms.reception.decided(connection),
      ended: session => rooms.sessionData.ended(session),
    },
    parts.clock.now(),
  )
}

function makeHub({ settings, parts, opened, doors, rooms, failed }: Plan): Hub {
  const { store, clock, random } = parts
  const { views, gate, time, counters } = rooms
  return new Hub({
    store,
    views,
    run: nameOf(random(9)),
    guarded: gate.guarded,
    limits: settings.limits,
    maxQueued: settings.maxQueued,
    version: opened.epoch * 2 ** 32,
    now: () => clock.now(),
    wall: () => time.told(clock.now()),
    publish: (topic, text) => doors.publish(topic, text),
    nextTurn: run => void setImmediate(run),
    count: name => counters.count(name),
    onError: failed('hub'),
  })
}

function makeReception({ settings, parts, rooms }: Plan): Reception {
  const { clock, log } = parts
  const { board, gatewayLinks, counters } = rooms
  return new Reception({
    clock,
    board,
    doorman: new Doorman(settings, counters),
    gatewayLinks,
    counters,
    gone: connection => {
      rooms.natives.gone(connection)
      rooms.hub.closed(connection)
    },
    onError: (error, stage) =>
      log.error({ err: error, stage }, `failed at ${stage}: this connection ends, others go on`),
  })
}

function makeBans({ parts, rooms }: Plan): BanList {
  const { store, clock } = parts
  return new BanList({
    notebook: store.notebook,
    clock,
    time: rooms.time,
    kick: (member, reason) => {
      rooms.gate.banned(member)
      rooms.commands.kick(member, { reason })
    },
    check: member => rooms.commands.check(member),
  })
}

function makeCommands({ settings, parts, rooms }: Plan): HostCommands {
  const { board, committer, views, groups, gatewayLinks, directory, bans, sessionData } = rooms
  return new HostCommands({
    clock: parts.clock,
    board,
    committer,
    views,
    groups,
    gatewayLinks,
    directory,
    bans,
    sessionData,
    mostProfile: settings.limits.profile,
    erased: (member, from) => {
      rooms.hub.erased(member, from)
      rooms.list.outdate()
    },
  })
}

function makeBeats({ settings, parts, rooms }: Plan): HttpBeats {
  const { store, clock } = parts
  const { board, committer, bans } = rooms
  return new HttpBeats({
    store,
    clock,
    board,
    committer,
    bans,
    suspectAfter: settings.suspectAfter,
    mostProfile: settings.limits.profile,
    expectRunning: () => rooms.commands.expectRunning(),
  })
}

// Bans are made later than those who ask for them.
function keptOut(rooms: Rooms): Pick<Bans, 'of'> {
  return { of: member => rooms.bans.of(member) }
}

function groupsIn([record]: readonly (MemberRecord | null)[]): readonly string[] {
  return record?.groups ?? []
}

function nameOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
