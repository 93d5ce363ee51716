// The three durations that make up the detection bound, their presets, and the relations they must keep.
// Never a clock, never a session: only numbers in milliseconds.

/**
 * Detection timing in milliseconds. Silence is `suspect` after `interval + timeout` and `offline` after
 * `interval + timeout + grace`, each plus at most two ticks.
 */
export interface Timing {
  /** Silence after which the server asks by a ping. */
  readonly interval: number
  /** How long the answer may take. */
  readonly timeout: number
  /** How long a suspect session may take to come back. */
  readonly grace: number
}

/** The wheel's step. A deadline fires within two of it. */
export const TICK = 100

/** Named timings, for links of growing patience. `web` is the default. */
export const PRESETS = {
  fast: { interval: 2_000, timeout: 1_000, grace: 2_000 },
  web: { interval: 10_000, timeout: 5_000, grace: 10_000 },
  mobile: { interval: 25_000, timeout: 10_000, grace: 15_000 },
  device: { interval: 60_000, timeout: 30_000, grace: 30_000 },
} as const satisfies Record<string, Timing>

const DAY = 86_400_000

/** What is wrong with a timing, in readable sentences; empty when it is sound. */
export function checkTiming(timing: Timing): string[] {
  const { interval, timeout, grace } = timing
  const problems: string[] = []
  const check = (name: string, value: number, least: number) => {
    if (!Number.isInteger(value) || value < least || value > DAY)
      problems.push(`${name} must be a whole number of milliseconds from ${least} to ${DAY}, not ${value}`)
  }
  check('interval', interval, 1)
  check('timeout', timeout, 1)
  check('grace', grace, 0)
  if (problems.length === 0 && timeout > 10 * interval)
    problems.push(
      `timeout ${timeout} is over ten times the interval ${interval}: raise interval or lower timeout`,
    )
  return problems
}

/** Whether they say the same. */
export function sameTiming(a: Timing, b: Timing): boolean {
  return a.interval === b.interval && a.timeout === b.timeout && a.grace === b.grace
}

/** The longest silence before a session is called offline, without the two ticks. */
export function boundOf(timing: Timing): number {
  return timing.interval + timing.timeout + timing.grace
}
