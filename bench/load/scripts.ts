// What a link says: its opening, when it counts as identified, and its beat. One script per dialect and baseline.
// Echo baselines send the same bytes as the dialect they stand beside, and are ready when the first echo is back.

import { PING, textFrame } from './frames.ts'

export interface Script {
  readonly path: string
  /** Sent right after the upgrade; `null`: the server speaks first. */
  opening(index: number): Buffer | null
  /** Whether this frame from the server says that the opening was understood. */
  identifies(opcode: number, first: number): boolean
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

/** Ids one `hub` link beats for. */
export const HUB_IDS = 64

const TEXT = 0x1
const PONG_OPCODE = 0xa
const ping = textFrame('ping')
const listRequest = textFrame('{"type":"GetHeartbeat","user":"admin"}')

const isText = (opcode: number): boolean => opcode === TEXT
const isPong = (opcode: number): boolean => opcode === PONG_OPCODE

function login(index: number): string {
  return `{"action":"open","id":"m${index}","type":"t","name":"Name ${index}","phone":"1"}`
}

function setHeartbeat(index: number): string {
  return `{"type":"SetHeartbeat","user_id":"${index}","user_name":"Name(${index})","timestamp":1700000000}`
}

function hubOpening(index: number): Buffer {
  const ids = Array.from({ length: HUB_IDS }, (_, i) => textFrame(setHeartbeat(index * HUB_IDS + i)))
  return Buffer.concat([...ids, PING])
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

export const SCRIPTS: Record<ScriptName, Script> = {
  members,
  'members-echo': { ...members, opening: index => textFrame(login(index)) },
  heartbeat,
  'heartbeat-echo': { ...heartbeat, opening: index => textFrame(setHeartbeat(index)), identifies: isText },
  'socket-io': socketIo,
  hub: { ...heartbeat, opening: hubOpening },
  asker: { ...heartbeat, opening: () => PING, beat: () => listRequest },
}
