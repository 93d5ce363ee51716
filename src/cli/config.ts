// Gathers what was asked for: flags before environment before config file. It knows where options come from and how
// they are called there; what they may hold is the schema's business.

import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SystoleError } from '../errors.ts'
import { type Given, makeSettings, readConfig } from '../server/options/make-settings.ts'
import { suggestion } from '../server/options/nearest.ts'
import { optionRows } from '../server/options/option-table.ts'
import type { Settings } from '../server/settings.ts'
import { CLIENT_ENV } from './client-env.ts'

/** Where options may come from. */
export interface Sources {
  /** By file key, as typed. */
  readonly flags: ReadonlyMap<string, unknown>
  /** `--config`. */
  readonly file: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folder that is searched for a config file. */
  readonly folder: string
}

/** Looked for in the working directory. */
const CONFIG_FILES: readonly string[] = ['systole.config.ts', 'systole.config.json']
/** Environment name of `--config`. */
const CONFIG_ENV = 'SYSTOLE_CONFIG'
/** Ours, but no options of a server. */
const OTHERS: readonly string[] = [CONFIG_ENV, ...Object.values(CLIENT_ENV)]

const TIMINGS = ['interval', 'timeout', 'grace']
// Kubernetes gives every container these for a service of that name: they are none of ours.
const INJECTED = /^SYSTOLE_(SERVICE_HOST|SERVICE_PORT\w*|PORT_\d+_(TCP|UDP|SCTP)\w*)$/
const INJECTED_VALUE = /^(tcp|udp|sctp):\/\//

/** Settings from all sources. Throws `bad_option` or `bad_config` with one line per problem. */
export async function gatherSettings(sources: Sources): Promise<Settings> {
  const fromEnv = readEnv(sources.env)
  const file = sources.file ?? (sources.env[CONFIG_ENV] || undefined)
  const fromFile = await readFile(file, sources.folder)
  return makeSettings(merge([fromFile, fromEnv, readFlags(sources.flags)]))
}

/** Later layers win. A preset also sets aside the single timings of the layers before it. */
function merge(layers: readonly ReadonlyMap<string, Given>[]): Map<string, Given> {
  const all = new Map<string, Given>()
  for (const layer of layers) {
    if (layer.has('preset')) for (const key of TIMINGS) all.delete(key)
    for (const [key, given] of layer) all.set(key, given)
  }
  return all
}

/** What shuts the door: who gave one of these, even if nothing came of it, does not mean an open one. */
const SHUTS = /^(auth\.|tls\.|key$)/

/** The `SYSTOLE_*` variables. An empty one counts as not set, unless it would leave open what was to be shut. */
function readEnv(env: Sources['env']): Map<string, Given> {
  const given = new Map<string, Given>()
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('SYSTOLE_') || OTHERS.includes(name) || value === undefined) continue
    const row = optionRows.find(row => row.env === name)
    if (value === '') {
      if (row === undefined || !SHUTS.test(row.key)) continue
      throw new SystoleError('bad_option', `${name}: it is empty: give it a value, or unset it`)
    }
    if (INJECTED.test(name) || (name === 'SYSTOLE_PORT' && INJECTED_VALUE.test(value))) continue
    if (row === undefined)
      throw unknown('environment variable', name, [...optionRows.map(row => row.env), CONFIG_ENV])
    given.set(row.key, { value, name, code: 'bad_option' })
  }
  return given
}

/** What to say to a name nobody knows. */
export function unknown(what: string, name: string, known: readonly string[]): SystoleError {
  return new SystoleError('bad_option', `unknown ${what} ${name}: ${suggestion(name, known)}`)
}

function readFlags(flags: Sources['flags']): Map<string, Given> {
  const given = new Map<string, Given>()
  for (const row of optionRows)
    if (flags.has(row.key))
      given.set(row.key, { value: flags.get(row.key), name: row.flag, code: 'bad_option' })
  return given
}

async function readFile(file: string | undefined, folder: string): Promise<Map<string, Given>> {
  const name = file ?? findFile(folder)
  if (name === null) return new Map()
  const path = resolve(folder, name)
  if (!existsSync(path))
    throw new SystoleError('bad_config', `there is no config file ${name}: correct --config or leave it out`)
  return readConfig(await load(path, name), ` in ${name}`)
}

function findFile(folder: string): string | null {
  const found = CONFIG_FILES.filter(name => existsSync(resolve(folder, name)))
  if (found.length > 1)
    throw new SystoleError(
      'bad_config',
      `both ${found.join(' and ')} are there: remove one, or name it by --config`,
    )
  return found[0] ?? null
}

async function load(path: string, name: string): Promise<unknown> {
  try {
    if (name.endsWith('.json')) return JSON.parse(readFileSync(path, 'utf8'))
    const module: { default?: unknown } = await import(pathToFileURL(path).href)
    return module.default
  } catch (cause) {
    const what = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new SystoleError('bad_config', `config file ${name} cannot be read: ${what}`, { cause })
  }
}
