// Waits for conditions, never for a guess: asks again until the answer is yes or the deadline is over. `pause` is for
// what must not happen within a time.

/** Resolves with the first answer that is neither `undefined`, `null` nor `false`; rejects at the deadline. */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  withinMs = 5_000,
  everyMs = 10,
): Promise<Exclude<T, undefined | null | false>> {
  const end = performance.now() + withinMs
  do {
    const last = await ask()
    if (last !== undefined && last !== null && last !== false)
      return last as Exclude<T, undefined | null | false>
    await pause(everyMs)
  } while (performance.now() < end)
  throw new Error(`waited ${withinMs} ms in vain for ${what}`)
}

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
