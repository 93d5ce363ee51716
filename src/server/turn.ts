// Gives way to everything else that waits: sockets, timers, other questions.

/** Resolves in the next turn of the loop. */
export function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
