// How the bench talks to a server under test: words on stdin, one a line. Kept apart from the servers so that each of
// those shows nothing but what it compares.

import { createInterface } from 'node:readline'

/** What a server can be told, by word; what follows the word is its argument. A value returned is the answer. */
export type Control = Readonly<Record<string, (argument: string) => unknown>>

/** Begins the line of an answer in a server's log. */
export const ANSWER = 'answer '

/** So many bytes; unless said, 100, as a small diff is. */
export function messageOf(bytes: string): string {
  return 'x'.repeat(Number(bytes === '' ? 100 : bytes))
}

/** Listens for commands; the process ends when the bench goes away. */
export function control(words: Control): void {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', line => {
    const [word = '', argument = ''] = line.split(' ')
    const answer = words[word]?.(argument)
    if (answer !== undefined) console.log(`${ANSWER}${JSON.stringify(answer)}`)
  })
  lines.on('close', () => process.exit(0))
}

/** The port the bench chose. */
export function portArgument(): number {
  return Number(process.argv[2])
}
