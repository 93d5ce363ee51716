// What a link says: its opening, when it counts as identified, and its beat. One script per dialect and baseline.
// Echo baselines send the same bytes as the dialect they stand beside, and are ready when the first echo is back.

import { SUBPROTOCOL } from '../../src/protocol/version.ts'
import { PING, textFrame } from './frames.ts'
import { hello, NATIVE_BEAT, OBSERVER_HELLO, tokenHello, WATCH_ALL } from './native-texts.ts'

export interface Script {
  readonly path: string
  /** The subprotocol it offers. */
  readonly protocol?: string
  /** Sent right after the upgrade; `null`: the server speaks first. */
  opening(index: number): Buffer | null
  /** Whether this frame from the server says that the opening was understood. */
  identifies(opcode: number, first: number, letter: number): boolean
  beat(index: number): Buffer
  /** What to answer to a text frame that begins with this byte, for protocols that talk about themselves. */
  readonly answers?: (first: number) => Buffer | null
}

export type ScriptName =
  | 'members'
  | 'members-echo'
  | 'heartbeat'
  | 'heartbeat-echo'
  | 'socket-io'
  | 'hub'
  | 'asker'
  | 'changer'
  | 'native'
  | 'native-token'
  | 'native-echo'
  | 'native-observer'
  | 'native-watcher'

/** Ids one `hub` link beats for. */
export const HUB_IDS = 64

/** Ids one `changer` link beats for: few, so that each is heard of again before its silence limit. */
export const CHANGER_IDS = 20

const TEXT = 0x1
const PONG_OPCODE = 0xa
const ping = textFrame('ping')
const listRequest = textFrame('{"type":"GetHeartbeat","user":"admin"}')

const isText = (opcode: number): boolean => opcode === TEXT
const isPong = (opcode: number): boolean => opcode === PONG_OPCODE

function login(index: number): string {
  return `{"action":"open","id":"m${index}","type":"t","name":"Name ${index}","phone":"1"}`
}

/** A beat of member `id`; with a new name it is a change too. */
export function setHeartbeat(id: number, name = `Name(${id})`): string {
  return `{"type":"SetHeartbeat","user_id":"${id}","user_name":"${name}","timestamp":1700000000}`
}

function hubOpening(index: number, ids: number): Buffer {
  const beats = Array.from({ length: ids }, (_, i) => textFrame(setHeartbeat(index * HUB_IDS + i)))
  return Buffer.concat([...beats, PING])
}

const members: Script = {
  path: '/',
  opening: index => Buffer.concat([textFrame(login(index)), ping]),
  identifies: isText,
  beat: () => ping,
}

const heartbeat: Script = {
  path: '/',
  opening: index => Buffer.concat([textFrame(setHeartbeat(index)), PING]),
  identifies: isPong,
  beat: index => textFrame(setHeartbeat(index)),
}

const OPEN_PACKET = '0'.charCodeAt(0)
const PING_PACKET = '2'.charCodeAt(0)
const MESSAGE_PACKET = '4'.charCodeAt(0)
const connectPacket = textFrame('40')
const pongPacket = textFrame('3')
const beatEvent = textFrame('42["beat"]')

/** Engine.IO protocol 4 carrying Socket.IO protocol 5, WebSocket only. */
const socketIo: Script = {
  path: '/socket.io/?EIO=4&transport=websocket',
  opening: () => null,
  identifies: (opcode, first) => isText(opcode) && first === MESSAGE_PACKET,
  beat: () => beatEvent,
  answers: first => (first === OPEN_PACKET ? connectPacket : first === PING_PACKET ? pongPacket : null),
}

const WELCOME = 'w'.charCodeAt(0)
const SNAPSHOT = 's'.charCodeAt(0)

const native: Script = {
  path: '/',
  protocol: SUBPROTOCOL,
  opening: index => textFrame(hello(index)),
  identifies: (opcode, _first, letter) => isText(opcode) && letter === WELCOME,
  beat: () => NATIVE_BEAT,
}

export const SCRIPTS: Record<ScriptName, Script> = {
  members,
  'members-echo': { ...members, opening: index => textFrame(login(index)) },
  heartbeat,
  'heartbeat-echo': { ...heartbeat, opening: index => textFrame(setHeartbeat(index)), identifies: isText },
  'socket-io': socketIo,
  hub: { ...heartbeat, opening: index => hubOpening(index, HUB_IDS) },
  asker: { ...heartbeat, opening: () => PING, beat: () => listRequest },
  changer: { ...heartbeat, opening: index => hubOpening(index, CHANGER_IDS) },
  native,
  'native-token': { ...native, opening: index => textFrame(tokenHello(index)) },
  'native-echo': { ...native, identifies: isText },
  'native-observer': { ...native, opening: () => textFrame(OBSERVER_HELLO) },
  'native-watcher': {
    ...native,
    opening: () => WATCH_ALL,
    identifies: (opcode, _first, letter) => isText(opcode) && letter === SNAPSHOT,
  },
}
