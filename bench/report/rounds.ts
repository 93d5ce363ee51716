// Interleaved rounds: A B C D, A B C D, ... so that whatever the machine does meanwhile hits all alike, and a ratio is
// taken between neighbours of one round.

import type { Target, TargetName } from '../servers/targets.ts'
import { median } from './figure.ts'
import type { Progress } from './progress.ts'

/** Values by target, one per round. */
export class Samples {
  readonly byTarget: Readonly<Partial<Record<TargetName, readonly number[]>>>

  constructor(byTarget: Partial<Record<TargetName, readonly number[]>>) {
    this.byTarget = byTarget
  }

  has(target: Target): boolean {
    return this.#of(target).length > 0
  }

  median(target: Target): number {
    return median(this.#of(target))
  }

  /** `target` over `base`, round by round. */
  ratios(target: Target, base: Target): number[] {
    const bases = this.#of(base)
    return this.#of(target).map((value, round) => value / bases[round]!)
  }

  #of(target: Target): readonly number[] {
    return this.byTarget[target.name] ?? []
  }
}

/** Measures every target once a round. */
export async function interleave(
  what: string,
  targets: readonly Target[],
  rounds: number,
  progress: Progress,
  measure: (target: Target) => Promise<number>,
): Promise<Samples> {
  const values = new Map<TargetName, number[]>(targets.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const target of targets) {
      progress.say(`${what}: ${target.name}, round ${round} of ${rounds}`)
      values.get(target.name)!.push(await measure(target))
    }
  }
  return new Samples(Object.fromEntries(values))
}
