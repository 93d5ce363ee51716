// Makes settings out of options that came from flags, environment and file: checks each by the schema, then how they
// agree with each other. Every problem is one line that names the option as it was given, its value and the remedy.

import type { z } from 'zod'
import { checkTiming, PRESETS, type Timing } from '../../core/timing.ts'
import { SystoleError } from '../../errors.ts'
import { isLoopback } from '../guard.ts'
import type { AuthSettings, ListenerSettings, Settings } from '../settings.ts'
import { accessProblems, type Problem } from './access-problems.ts'
import { suggestion } from './nearest.ts'
import { UNLIMITED } from './option-kinds.ts'
import type { ListenOption } from './option-listen.ts'
import { optionGroups, optionRows } from './option-table.ts'
import { crossedParts } from './option-timing.ts'
import { type Options, optionsSchema } from './options-schema.ts'

/** An option as somebody gave it. */
export interface Given {
  readonly value: unknown
  /** How to name it in a message: `--port`, `SYSTOLE_PORT`, `port in systole.config.json`. */
  readonly name: string
  readonly code: 'bad_option' | 'bad_config'
}

/** By file key; what is absent has its default. */
type GivenOptions = ReadonlyMap<string, Given>

type Input = z.input<typeof optionsSchema>

/** What `systole.config.ts` exports, and what a program that embeds the server may pass. */
export type Config = {
  readonly [K in keyof Input]?: K extends 'breaker' | 'rate' | 'keep' | 'log' | 'auth' | 'tls' | 'limits'
    ? Partial<Input[K]>
    : Input[K]
}

/** Settings from options of any origin. Throws `bad_option` or `bad_config`. */
export function makeSettings(given: GivenOptions): Settings {
  const raw: Record<string, unknown> = Object.fromEntries(optionGroups.map(group => [group, {}]))
  for (const [key, { value }] of given) put(raw, key, value)
  const parsed = optionsSchema.safeParse(raw)
  if (!parsed.success)
    throw failure(
      given,
      parsed.error.issues.map(issue => badValue(given, issue)),
    )
  const settings = arrange(parsed.data, given)
  const problems = disagreements(parsed.data, settings, given)
  if (problems.length > 0) throw failure(given, problems)
  return settings
}

/** Settings from a plain object with the keys of a config file. Throws `bad_config`. */
export function settingsOf(config: Config): Settings {
  return makeSettings(readConfig(config, ''))
}

/** The options in a config object. `where` ends each name in a message: ` in systole.config.json`. */
export function readConfig(config: unknown, where: string): Map<string, Given> {
  if (!isObject(config))
    throw new SystoleError('bad_config', `the configuration${where} must be an object of options`)
  const given = new Map<string, Given>()
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined) continue
    if (!optionGroups.includes(name)) note(given, name, value, where)
    else if (!isObject(value))
      throw new SystoleError('bad_config', `${name}${where} must be an object of options`)
    else for (const [inner, item] of Object.entries(value)) note(given, `${name}.${inner}`, item, where)
  }
  return given
}

function note(given: Map<string, Given>, key: string, value: unknown, where: string): void {
  const keys = optionRows.map(row => row.key)
  if (!keys.includes(key))
    throw new SystoleError('bad_config', `unknown option ${key}${where}: ${suggestion(key, keys)}`)
  if (value !== undefined) given.set(key, { value, name: `${key}${where}`, code: 'bad_config' })
}

function put(raw: Record<string, unknown>, key: string, value: unknown): void {
  const [group, inner] = key.split('.') as [string, string | undefined]
  if (inner === undefined) raw[group] = value
  else (raw[group] as Record<string, unknown>)[inner] = value
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

function badValue(given: GivenOptions, issue: Issue): Problem {
  const key = issue.path.filter(part => typeof part === 'string').join('.')
  const meta = optionRows.find(row => row.key === key)?.meta
  const many = meta?.many !== undefined
  const isSecret = meta?.secret === true
  if (isSecret) return { keys: [key], text: issue.message }
  return { keys: [key], text: many ? issue.message : `${show(given.get(key)?.value)} ${issue.message}` }
}

function failure(given: GivenOptions, problems: readonly Problem[]): SystoleError {
  const lines = problems.map(({ keys, text }) => {
    const culprit = keys.map(key => given.get(key)).find(entry => entry !== undefined)
    return `${culprit?.name ?? flagOf(keys[0])}: ${text}`
  })
  const inFile = problems.every(({ keys }) => keys.some(key => given.get(key)?.code === 'bad_config'))
  return new SystoleError(inFile ? 'bad_config' : 'bad_option', lines.join('\n'))
}

function flagOf(key: string | undefined): string {
  return optionRows.find(row => row.key === key)?.flag ?? String(key)
}

function arrange(options: Options, given: GivenOptions): Settings {
  const { published, origin, preset, port, host, listen, interval, timeout, grace, rate, ...others } = options
  const { node, trustedProxy, key, webhook, tls, auth, ...rest } = others
  const timing = PRESETS[preset]
  return {
    ...rest,
    node: node ?? null,
    trustedProxies: trustedProxy,
    keys: key,
    webhooks: webhook,
    tls: tls.cert !== undefined && tls.key !== undefined ? { cert: tls.cert, key: tls.key } : null,
    auth: authOf(auth),
    rate: rate.perSecond === UNLIMITED ? { ...rate, burst: UNLIMITED } : rate,
    published,
    origins: published ? [...new Set([...origin, 'null'])] : [...new Set(origin)],
    timing: {
      interval: interval ?? timing.interval,
      timeout: timeout ?? timing.timeout,
      grace: grace ?? timing.grace,
    },
    evidence: preset === 'device' ? 'beat' : 'any',
    listeners: listenersOf(port, host, published, listen),
    names: namesOf(given),
  }
}

// What is wrong with a file is found out when it is read: then it is still told by the name its option was given by.
function namesOf(given: GivenOptions): Settings['names'] {
  const name = (key: string) => given.get(key)?.name ?? flagOf(key)
  return {
    secret: name('auth.secret'),
    oldSecret: name('auth.oldSecret'),
    publicKey: name('auth.publicKey'),
    hookSecret: name('auth.hookSecret'),
    key: name('key'),
    webhook: name('webhook'),
    tlsCert: name('tls.cert'),
    tlsKey: name('tls.key'),
  }
}

// Auth is on where something can be verified.
function authOf({
  secret,
  oldSecret,
  jwks,
  hook,
  hookSecret,
  issuer,
  audience,
  ...rest
}: Options['auth']): AuthSettings | null {
  if (secret === undefined && jwks === undefined && hook === undefined && rest.publicKey.length === 0)
    return null
  return {
    ...rest,
    secret: secret ?? null,
    oldSecret: oldSecret ?? null,
    jwks: jwks ?? null,
    hook: hook ?? null,
    hookSecret: hookSecret ?? null,
    issuer: issuer ?? null,
    audience: audience ?? null,
  }
}

function listenersOf(
  port: number,
  host: string,
  published: boolean,
  listen: readonly ListenOption[],
): ListenerSettings[] {
  const asked: ListenOption[] = [{ port, dialect: 'auto' }]
  if (published) asked.push({ port: 8282, dialect: 'gateway' }, { port: 8000, dialect: 'uid' })
  const standing = asked.length
  for (const option of listen) {
    // port 0 is a new port each time it is asked for
    const same = option.port === 0 ? -1 : asked.findIndex(other => other.port === option.port)
    if (same >= 0 && same < standing) asked[same] = option
    else asked.push(option)
  }
  return asked.map(option => ({ ...LISTENER_DEFAULTS, host, ...option }))
}

const LISTENER_DEFAULTS = {
  limit: null,
  grace: null,
  evidence: null,
  pingInterval: 15_000,
  pingNotResponseLimit: 1,
  pingData: '',
  token: 'any',
} as const

function disagreements(options: Options, settings: Settings, given: GivenOptions): Problem[] {
  return [
    ...strangers(settings),
    ...doubles(settings),
    ...timingProblems(settings.timing),
    ...boundProblems(settings),
    ...limitProblems(options),
    ...accessProblems(options, settings, key => given.has(key)),
  ]
}

// Not told by address: on two hosts the same port works, yet nobody can say which one a page meant.
function doubles({ listeners }: Settings): Problem[] {
  const seen = new Set<number>()
  return listeners.flatMap(({ port }) => {
    if (port === 0 || !seen.has(port)) {
      seen.add(port)
      return []
    }
    return [{ keys: ['listen', 'port'], text: `port ${port} is asked for twice: give each listener its own` }]
  })
}

function strangers({ open, listeners, auth }: Settings): Problem[] {
  const strange = listeners.find(({ host }) => !isLoopback(host))
  if (open || auth !== null || strange === undefined) return []
  const text =
    `${show(strange.host)} lets other machines in, and nobody has to prove who they are: ` +
    'turn auth on (--auth-secret, --auth-public-key, --auth-jwks or --auth-hook), use --host 127.0.0.1, or --open to serve them all the same'
  return [{ keys: ['host', 'listen'], text }]
}

function timingProblems(timing: Timing): Problem[] {
  return checkTiming(timing).map(text => ({
    keys: ['timeout', 'interval', 'grace', 'preset'],
    text,
  }))
}

function boundProblems({ timingLeast, timingMost }: Settings): Problem[] {
  return crossedParts(timingLeast, timingMost).map(part => ({
    keys: ['timingLeast', 'timingMost'],
    text: `the least ${part} ${timingLeast[part]} is over the most, ${timingMost[part]}: lower one or raise the other`,
  }))
}

function limitProblems({ rate, breaker }: Options): Problem[] {
  const problems: Problem[] = []
  // no limit a second means none at once
  if (rate.burst < rate.perSecond && rate.perSecond !== UNLIMITED)
    problems.push({
      keys: ['rate.burst', 'rate.perSecond'],
      text: `a burst of ${rate.burst} is below ${rate.perSecond} a second: raise the burst or lower the rate`,
    })
  if (breaker.calm >= breaker.share)
    problems.push({
      keys: ['breaker.calm', 'breaker.share'],
      text: `calm ${breaker.calm} must be below share ${breaker.share}: lower calm or raise share`,
    })
  return problems
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// A password in an address is shown to nobody.
function show(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  const text = JSON.stringify(value) ?? String(value)
  return text.replace(/:\/\/[^/"]*@/g, '://***@').slice(0, 100)
}
