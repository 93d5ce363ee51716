// The servers that stand side by side, and how each is started. Systole is started as users start it.

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export type TargetName =
  | 'bare'
  | 'ws'
  | 'socket.io'
  | 'systole'
  | 'systole, data on'
  | 'systole on Node'
  | 'systole, by token'
  | 'systole, by key'
  | 'systole, pushing'
  | 'bare Hono'

/** A server under test. */
export interface Target {
  readonly name: TargetName
  /** `data`: a folder it may keep its file in. */
  command(port: number, data: string): string[]
}

const BENCH = join(import.meta.dirname, '..')
export const BUN = process.execPath
export const NODE = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node')
const CLI = join(BENCH, '..', 'src', 'cli', 'main.ts')

/** The baseline programs; `--fan` prepares them for fan-out where that takes a preparation. */
export const BARE: Target = baseline('bare', BUN, 'bun.ts')
export const WS: Target = baseline('ws', NODE, 'ws.ts')
export const SOCKET_IO: Target = baseline('socket.io', NODE, 'socket-io.ts')

export const SYSTOLE: Target = {
  name: 'systole',
  command: port => serve(BUN, port, 'off'),
}

export const SYSTOLE_DATA: Target = {
  name: 'systole, data on',
  command: (port, data) => serve(BUN, port, data),
}

/** Signs the tokens of the load; of no use anywhere else. */
export const TOKEN_SECRET = 'only-for-measuring-only-for-measuring'

/** Asks everybody for a token. */
export const SYSTOLE_TOKENS: Target = {
  name: 'systole, by token',
  command: port => [...serve(BUN, port, 'off'), '--auth-secret', TOKEN_SECRET],
}

/** The key of the load; of no use anywhere else. */
export const API_KEY = 'only-for-measuring'

/** For beats by HTTP: asks every caller for a key. */
export const SYSTOLE_KEYED: Target = {
  name: 'systole, by key',
  command: port => [...serve(BUN, port, 'off'), '--key', `bench=beat:${API_KEY}`],
}

export const BARE_HONO: Target = baseline('bare Hono', BUN, 'hono.ts')

/** For pushes to a group: Systole in a program that says whom and when. */
export const PUSHING: Target = { ...host('systole-push.ts'), name: 'systole, pushing' }

export const SYSTOLE_NODE: Target = {
  name: 'systole on Node',
  command: (port, data) => serve(NODE, port, data),
}

/** For fan-out: the same program with a way to say 'now'. */
export function fanning(target: Target): Target {
  if (target !== SYSTOLE)
    return { ...target, command: (port, data) => [...target.command(port, data), '--fan'] }
  return host('systole-fanout.ts')
}

/** For watchers: Systole that measures its own loop. */
export const WATCHED: Target = host('systole-watched.ts')

/** Systole that knows so many members from the start. */
export function knowing(members: number): Target {
  return host('systole-known.ts', String(members))
}

function host(program: string, ...more: string[]): Target {
  const path = join(BENCH, 'servers', program)
  return { name: SYSTOLE.name, command: port => [BUN, path, String(port), ...more] }
}

function baseline(name: TargetName, runtime: string, file: string): Target {
  return { name, command: port => [runtime, join(BENCH, 'baselines', file), String(port)] }
}

function serve(runtime: string, port: number, data: string): string[] {
  return [runtime, CLI, 'serve', '--port', String(port), '--data', data]
}
