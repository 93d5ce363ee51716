// Reads the words of a command line: names, ranges, durations and `key=value` options. A word it does not know is an
// error that says so, since a scenario that silently means something else proves nothing.

import { makeTerms, type Terms } from '../../src/core/terms.ts'
import { PRESETS } from '../../src/core/timing.ts'

/** A command line taken apart. */
export interface Words {
  readonly verb: string
  readonly names: readonly string[]
  readonly options: ReadonlyMap<string, string>
}

/** `advance 5s beat=s1 every=1s` -> advance, [5s], {beat, every}. */
export function wordsOf(line: string): Words {
  const [verb = '', ...rest] = line.split(/\s+/)
  const options = new Map<string, string>()
  const names: string[] = []
  for (const word of rest) {
    const cut = word.indexOf('=')
    if (cut === -1) names.push(word)
    else options.set(word.slice(0, cut), word.slice(cut + 1))
  }
  return { verb, names, options }
}

/** `250ms`, `15s`, `2m`, `1h`, `10d` in ms. */
export function duration(word: string | undefined): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(word ?? '')
  if (match === null) throw new Error(`not a duration: ${word}`)
  const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  return Math.round(Number(match[1]) * units[match[2]!]!)
}

/** `s1,m1..m3` -> s1, m1, m2, m3. */
export function namesOf(list: string): string[] {
  return list.split(',').flatMap(part => {
    const match = /^([a-z]+)(\d+)\.\.\1(\d+)$/.exec(part)
    if (match === null) return [part]
    const [, prefix, from, to] = match
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => `${prefix}${Number(from) + i}`)
  })
}

const TIMING = new Set(['interval', 'timeout', 'grace'])

/** `device evidence=beat grace=5s dialect=uid`: a preset and what differs from it. */
export function termsOf(
  base: Terms | undefined,
  preset: string,
  options: ReadonlyMap<string, string>,
): Terms {
  const timing = { ...(base?.timing ?? presetOf(preset)) }
  const patch: Record<string, unknown> = {}
  for (const [key, value] of options) {
    if (TIMING.has(key)) timing[key as 'grace'] = duration(value)
    else patch[key] = readValue(value)
  }
  const plain = base ?? makeTerms('native', timing)
  const unknown = Object.keys(patch).filter(key => !(key in plain))
  if (unknown.length > 0) throw new Error(`unknown terms: ${unknown.join(', ')}`)
  const { timing: _, silenceGrace: __, ...rest } = plain
  return makeTerms(plain.dialect, timing, { ...rest, ...patch })
}

function presetOf(name: string): (typeof PRESETS)[keyof typeof PRESETS] {
  const preset = PRESETS[name as keyof typeof PRESETS]
  if (preset === undefined) throw new Error(`unknown preset or terms: ${name}`)
  return preset
}

function readValue(word: string): unknown {
  if (word === 'true' || word === 'false') return word === 'true'
  return /^\d/.test(word) ? duration(word) : word
}
