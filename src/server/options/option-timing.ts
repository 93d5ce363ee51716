// A whole timing as one option: `interval/timeout/grace`, each a duration. It reads and writes the form; whether one
// timing may stand beside another is decided where the options are compared.

import { checkTiming, type Timing } from '../../core/timing.ts'
import { kinds } from './option-kinds.ts'
import { formatDuration, parseDuration } from './option-units.ts'

const SAYS = 'must be interval/timeout/grace, such as 1s/500ms/0 or 5m/2m/15m, no timeout over ten intervals'

/** The kind of option. */
export function timing() {
  return kinds.of<string, Timing>(readTiming, SAYS)
}

/** `1s/500ms/0` */
export function formatTiming({ interval, timeout, grace }: Timing): string {
  return [interval, timeout, grace].map(formatDuration).join('/')
}

/** Names of the parts in which `least` is over `most`. */
export function crossedParts(least: Timing, most: Timing): (keyof Timing)[] {
  return (['interval', 'timeout', 'grace'] as const).filter(part => least[part] > most[part])
}

function readTiming(input: unknown): Timing | null {
  if (typeof input !== 'string') return null
  const parts = input.split('/').map(parseDuration)
  const [interval, timeout, grace] = parts
  if (parts.length !== 3 || interval == null || timeout == null || grace == null) return null
  const read = { interval, timeout, grace }
  return checkTiming(read).length === 0 ? read : null
}
