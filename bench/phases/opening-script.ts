// What links say where only their opening matters: a login to Systole, as many bytes to an echo server.

import type { ScriptName } from '../load/scripts.ts'
import { SOCKET_IO, SYSTOLE, SYSTOLE_DATA, SYSTOLE_NODE, type Target } from '../servers/targets.ts'

const SYSTOLES: readonly Target['name'][] = [SYSTOLE.name, SYSTOLE_DATA.name, SYSTOLE_NODE.name]

export function openingScript({ name }: Target): ScriptName {
  if (name === SOCKET_IO.name) return 'socket-io'
  return SYSTOLES.includes(name) ? 'members' : 'members-echo'
}
