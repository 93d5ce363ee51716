// `systole key`: a fresh key for the HTTP API, and the option that makes a server know it. The server gets only its SHA-256,
// so that nobody who reads its configuration can use the key.

import { freshKey } from '../auth/mint.ts'
import { SystoleError } from '../errors.ts'
import { settingsOf } from '../server/options/make-settings.ts'

/** Flags of the command. */
export interface KeyOptions {
  readonly scopes: string
}

/** Prints both. Throws `bad_option`. */
export function key(name: string, options: KeyOptions): void {
  process.stdout.write(keyText(name, options))
}

/** What is printed. */
export function keyText(name: string, { scopes }: KeyOptions): string {
  const { key, digest } = freshKey()
  const option = `${name}=${scopes}:${digest}`
  check(option)
  return `Key ${name} (${scopes.replaceAll('+', ', ')}). Callers send it; it is shown only now:
  Authorization: Bearer ${key}

Start the server with:
  --key ${option}
`
}

function check(option: string): void {
  try {
    settingsOf({ key: [option] })
  } catch (error) {
    if (!(error instanceof SystoleError)) throw error
    throw new SystoleError(
      'bad_option',
      error.message.replace(/^key: (.*; its name)?/, (_, of) => (of ? 'the name' : '')),
    )
  }
}
