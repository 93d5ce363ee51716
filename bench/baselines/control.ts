// How the bench talks to a server under test: words on stdin, one a line. Kept apart from the servers so that each of
// those shows nothing but what it compares.

import { createInterface } from 'node:readline'

/** What the bench may ask for. */
export interface Control {
  /** Sends `MESSAGE` once to every link. */
  readonly fan: () => void
}

/** 100 bytes, as a small diff is. */
export const MESSAGE = 'x'.repeat(100)

/** Listens for commands; the process ends when the bench goes away. */
export function control({ fan }: Control): void {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', line => {
    if (line === 'fan') fan()
  })
  lines.on('close', () => process.exit(0))
}

/** The port the bench chose. */
export function portArgument(): number {
  return Number(process.argv[2])
}
