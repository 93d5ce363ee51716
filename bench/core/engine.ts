// What differs between Bun and Node when a process looks at itself.

import { memoryUsage } from 'node:process'

declare const gc: (() => void) | undefined

/** Freed pages go back to the system a little later, ms. */
const GIVEN_BACK_AFTER = 1_500

export const engine = process.versions.bun === undefined ? 'Node' : 'Bun'

/** A full collection. Node needs `--expose-gc`. */
export function collect(): void {
  for (let i = 0; i < 3; i++) {
    if (engine === 'Bun') Bun.gc(true)
    else gc?.()
  }
}

/** Bytes of memory and of live objects after a full collection, when freed pages are given back. */
export async function memoryNow(): Promise<{ readonly rss: number; readonly heap: number }> {
  collect()
  await new Promise(resolve => setTimeout(resolve, GIVEN_BACK_AFTER))
  collect()
  const { rss, heapUsed } = memoryUsage()
  return { rss, heap: heapUsed }
}
