// Looks at a server's loop from outside: one link, a ping every millisecond, how long the pong takes. A loop that is
// blocked for n ms answers the ping that came first n ms late.

import type { Links } from './links.ts'

/** Round-trip times in ms. */
export interface ProbeResult {
  readonly samples: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const STEP = 1

/** Runs for `seconds` on the first link; nothing else may drive it. A ping is sent only when the last one is answered. */
export async function probe(links: Links, seconds: number): Promise<ProbeResult> {
  const link = links.all[0]!
  const times: number[] = []
  let sentAt = 0
  links.onData = () => {
    times.push(performance.now() - sentAt)
    sentAt = 0
  }
  const timer = setInterval(() => {
    if (sentAt !== 0) return
    sentAt = performance.now()
    links.write(link, link.beat)
  }, STEP)
  await Bun.sleep(seconds * 1_000)
  clearInterval(timer)
  links.onData = () => {}
  return summary(times)
}

/** Of times in no order. */
export function summary(times: readonly number[]): ProbeResult {
  const sorted = Float64Array.from(times).sort()
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
  return { samples: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) }
}
