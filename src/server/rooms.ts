// Furnishes a server: makes its parts and joins them. The one place that knows what each of them needs; nothing here runs
// once the server does.

import type { Step } from '../core/transition.ts'
import type { MemberRecord, Opened } from '../stores/store.ts'
import { Acknowledgements } from './acknowledgements.ts'
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
import { Natives } from './natives.ts'
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
export type Rooms = ReturnType<typeof furnish>

/** Makes them. `opened`: what the store gave. */
export function furnish(settings: Settings, parts: ServerParts, opened: Opened, doors: Doors) {
  const { store, clock, wall, random, log, node } = parts
  const time = new WallTime(clock, wall)
  const failed = (stage: string) => (error: unknown) =>
    log.error({ err: error, stage }, `failed at ${stage}: the rest goes on`)
  const counters = new Counters(log, clock)
  const committer = new Committer(store, time, steps => doors.tell(steps))
  const listeners = new MessageListeners(log)
  const acknowledgements = new Acknowledgements()
  const sessionData: SessionData = new SessionData({
    notebook: store.notebook,
    isOpen: session => views.sessionOf(session) !== null,
    onError: failed('session-data'),
  })
  const groups = new Groups(
    { store, clock, committer, time, most: settings.limits.groups, onError: failed('groups') },
    opened.lapses,
  )
  const natives = new Natives({
    time,
    groups,
    listeners,
    acknowledgements,
    maxMessage: settings.maxMessage,
    limits: settings.limits,
    request: (connection, message) => hub.request(connection, message),
  })
  const keptOut = { of: (member: string) => bans.of(member) }
  const gate = new Gate({
    authority: parts.authority,
    keepsHeaders: settings.auth?.hook != null,
    perMember: settings.limits.perMember,
    bans: keptOut,
    clock,
    time,
    counters,
    sessionData,
    groupsOf: member => {
      committer.flush()
      const found = store.lookup([member])
      return found instanceof Promise ? found.then(groupsIn) : groupsIn(found)
    },
    connections: () => reception.connections,
    table: () => board.detector.table,
    apply: (event, at) => board.apply(event, at),
    resighted: connection => hub.resighted(connection),
    onError: failed('gate'),
  })
  const board: Switchboard = new Switchboard(
    {
      detector: { firstId: opened.firstSessionId, breaker: settings.breaker },
      committer,
      counters,
      log,
      rate: rateOf(settings),
      profileBytes: settings.limits.profile,
      updates: settings.limits.updates,
      gate,
      native: natives,
      sendList: connection => doors.sendList(connection),
      decided: connection => reception.decided(connection),
      ended: session => sessionData.ended(session),
    },
    clock.now(),
  )
  const views: Views = new Views({ detector: board.detector, time, sessionData, node })
  const hub: Hub = new Hub({
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
  const gatewayLinks = new GatewayLinks(board, keptOut, random)
  const reception: Reception = new Reception({
    clock,
    board,
    doorman: new Doorman(settings, counters),
    gatewayLinks,
    counters,
    gone: connection => {
      natives.gone(connection)
      hub.closed(connection)
    },
    onError: (error, stage) =>
      log.error({ err: error, stage }, `failed at ${stage}: this connection ends, others go on`),
  })
  const bans: BanList = new BanList({
    notebook: store.notebook,
    clock,
    time,
    kick: (member, reason) => {
      gate.banned(member)
      commands.kick(member, { reason })
    },
    check: member => commands.check(member),
  })
  const directory = new Directory({ store, clock, committer, views })
  const commands: HostCommands = new HostCommands({
    clock,
    board,
    committer,
    views,
    groups,
    gatewayLinks,
    directory,
    bans,
    sessionData,
    mostProfile: settings.limits.profile,
    erased: (member, groups) => {
      hub.erased(member, groups)
      list.outdate()
    },
  })
  const list = new HeartbeatList(store, clock)
  return {
    time,
    counters,
    committer,
    listeners,
    acknowledgements,
    sessionData,
    groups,
    natives,
    gate,
    board,
    views,
    hub,
    reception,
    bans,
    directory,
    commands,
    list,
    push: new Push({ store, clock, detector: board.detector, acknowledgements }),
    log: new LogReader(store),
    beats: new HttpBeats({
      store,
      clock,
      board,
      committer,
      bans,
      suspectAfter: settings.suspectAfter,
      mostProfile: settings.limits.profile,
      expectRunning: () => commands.expectRunning(),
    }),
  }
}

function groupsIn([record]: readonly (MemberRecord | null)[]): readonly string[] {
  return record?.groups ?? []
}

function nameOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
