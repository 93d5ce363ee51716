// One `--listen` entry: `[host:]port=dialect[,key=value…]`, or the same as an object in a config file. Decides what an
// entry may say, not which listeners a server gets.

import type { ListenerDialect } from '../settings.ts'
import { suggestion } from './nearest.ts'
import { kinds, type Reading } from './option-kinds.ts'

/** A listener as asked for; what is absent follows the main options and the dialect. */
export interface ListenOption {
  readonly port: number
  readonly dialect: ListenerDialect
  readonly host?: string
  readonly limit?: number | false
  readonly grace?: number
  readonly evidence?: 'any' | 'beat'
  readonly pingInterval?: number
  readonly pingNotResponseLimit?: number
  readonly pingData?: string
  readonly token?: 'any' | 'query' | 'message' | 'none'
}

/** The same in a config file: durations as text or milliseconds. */
export interface ListenInput {
  readonly port: number | string
  readonly dialect: ListenerDialect
  readonly host?: string
  readonly limit?: number | string | false
  readonly grace?: number | string | false
  readonly evidence?: 'any' | 'beat'
  readonly pingInterval?: number | string
  readonly pingNotResponseLimit?: number | string
  readonly pingData?: string
  readonly token?: 'any' | 'query' | 'message' | 'none'
}

/** What a listener may speak. */
const DIALECTS: readonly ListenerDialect[] = ['auto', 'native', 'heartbeat', 'members', 'gateway', 'uid']

const DAY = 86_400_000
const GATEWAY_ONLY = ['pingInterval', 'pingNotResponseLimit', 'pingData']
const TOKENS = ['any', 'query', 'message', 'none']
const LIMIT_OFF = Number.MAX_SAFE_INTEGER

const KEYS: Readonly<Record<string, (value: unknown) => Reading<unknown>>> = {
  port: readPort,
  dialect: readDialect,
  host: value =>
    typeof value === 'string' && value !== ''
      ? { value }
      : { problem: `host ${show(value)} must be an address` },
  limit: value => {
    const reading = read('limit', kinds.duration({ least: 200, most: DAY, off: LIMIT_OFF }), value)
    return 'value' in reading && reading.value === LIMIT_OFF ? { value: false } : reading
  },
  grace: value => read('grace', kinds.duration({ least: 0, most: DAY, off: 0 }), value),
  evidence: value =>
    value === 'any' || value === 'beat'
      ? { value }
      : { problem: `evidence ${show(value)} must be any or beat` },
  pingInterval: value => read('pingInterval', kinds.duration({ least: 100, most: DAY }), value),
  pingNotResponseLimit: value =>
    /^\d{1,4}$/.test(String(value))
      ? { value: Number(value) }
      : { problem: `pingNotResponseLimit ${show(value)} must be a whole number from 0 to 9999` },
  pingData: value =>
    typeof value === 'string' ? { value } : { problem: `pingData ${show(value)} must be text` },
  token: value =>
    TOKENS.includes(value as string)
      ? { value }
      : { problem: `token ${show(value)} must be one of ${TOKENS.join(', ')}` },
}

/** An entry of the `listen` list. */
export function readListen(entry: unknown): Reading<ListenOption> {
  const fields = typeof entry === 'string' ? readText(entry.trim()) : readObject(entry)
  if ('problem' in fields) return fields
  const option: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields.value)) {
    if (value === undefined) continue
    const reader = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined
    if (reader === undefined)
      return { problem: `${show(key)} is no key of a listener; ${suggestion(key, Object.keys(KEYS))}` }
    const reading = reader(value)
    if ('problem' in reading) return reading
    option[key] = reading.value
  }
  const listener = option as unknown as ListenOption
  const problem = checkListen(listener)
  return problem === null ? { value: listener } : { problem }
}

/** A TCP port; 0: any free one. */
export function readPort(value: unknown): Reading<number> {
  return /^\d{1,5}$/.test(String(value)) && Number(value) <= 65_535
    ? { value: Number(value) }
    : { problem: `port ${show(value)} must be a whole number from 0 to 65535 (0: any free port)` }
}

function readDialect(value: unknown): Reading<ListenerDialect> {
  const dialect = DIALECTS.find(name => name === value)
  if (dialect !== undefined) return { value: dialect }
  return { problem: `dialect ${show(value)} must be one of ${DIALECTS.join(', ')}` }
}

function checkListen(option: ListenOption): string | null {
  const { port, dialect, limit, pingInterval = 15_000, pingNotResponseLimit = 1 } = option
  if (port === undefined || dialect === undefined)
    return 'needs a port and a dialect, such as 8282=gateway or 8000=uid,limit=40s,grace=12s'
  if (dialect === 'native' && (limit !== undefined || option.grace !== undefined))
    return 'limit and grace belong to the published dialects: for native use --interval, --timeout and --grace'
  if (option.evidence !== undefined && dialect !== 'native' && dialect !== 'auto')
    return `evidence belongs to native, not to ${dialect}: leave it out`
  const stray = GATEWAY_ONLY.find(key => key in option && dialect !== 'gateway')
  if (stray !== undefined) return `${stray} belongs to gateway, not to ${dialect}: leave it out`
  if (option.token !== undefined && dialect === 'native')
    return 'token belongs to the published dialects: the native protocol has its token in the hello'
  const product = pingInterval * pingNotResponseLimit
  if (limit === undefined && product !== 0 && (product < 200 || product > DAY))
    return `pingInterval x pingNotResponseLimit must be from 200ms to 1d, not ${product}ms: raise or lower one`
  return null
}

// A value may hold commas where no `key=` follows, so that pingData can be JSON.
function readText(text: string): Reading<Record<string, unknown>> {
  const [head = '', ...rest] = text.split(/,(?=[A-Za-z-]+=)/)
  const match = /^(?:(\[[^\]]+\]|[^:=]+):)?([^:=]*)=([^=,]*)$/.exec(head)
  if (match === null)
    return { problem: 'must be written [host:]port=dialect, such as 8000=uid,limit=40s,grace=12s' }
  const fields: Record<string, unknown> = { port: match[2], dialect: match[3] }
  if (match[1] !== undefined) fields.host = match[1].replace(/^\[|\]$/g, '')
  for (const pair of rest) {
    const [key = '', ...value] = pair.split('=')
    const name = key.replace(/-([a-z])/gi, (_, letter: string) => letter.toUpperCase())
    if (Object.hasOwn(fields, name)) return { problem: `says ${key} twice: leave one out` }
    fields[name] = value.join('=')
  }
  return { value: fields }
}

function readObject(entry: unknown): Reading<Record<string, unknown>> {
  return typeof entry === 'object' && entry !== null && !Array.isArray(entry)
    ? { value: entry as Record<string, unknown> }
    : { problem: 'must be text such as 8282=gateway, or an object with port and dialect' }
}

function read(key: string, schema: ReturnType<typeof kinds.duration>, value: unknown): Reading<number> {
  const result = schema.safeParse(value)
  if (result.success) return { value: result.data }
  return { problem: `${key} ${show(value)} ${result.error.issues[0]?.message}` }
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? 'undefined'
}
