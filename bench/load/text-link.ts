// One connection that reads whole texts: for the few links whose answers are looked into, where the thousands of
// `Links` only count theirs.

import { SUBPROTOCOL } from '../../src/protocol/version.ts'

/** A message of the server, read only as far as the bench needs. */
export interface Heard {
  readonly t: string
  readonly entries?: readonly HeardEntry[]
  readonly more?: true
  readonly cursor?: string
  readonly code?: string
}

export interface HeardEntry {
  readonly member: string
  readonly state: string
  readonly version?: number
  readonly name?: string
  readonly gone?: true
}

/** Opens a link that speaks `systole.v1`; every text goes to `hear`. Rejects where the server refuses it. */
export function openTextLink(port: number, hear: (text: string) => void): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, SUBPROTOCOL)
    socket.onmessage = ({ data }) => hear(String(data))
    socket.onopen = () => resolve(socket)
    socket.onclose = ({ code, reason }) => reject(new Error(`the link ended: ${code} ${reason}`))
  })
}
