// Access for tests: settings as a config says, a clock that is set by hand, and an outside that is a function.

import type { Credentials } from '../../src/auth/authority.ts'
import { type Access, makeAccess } from '../../src/auth/make-access.ts'
import type { Fetch } from '../../src/auth/outside.ts'
import { type Config, settingsOf } from '../../src/server/options/make-settings.ts'

export interface Outside {
  /** Ms since 1970, and of the clock. */
  now: number
  readonly lines: string[]
  /** Ends what waits for an answer. */
  timeOut(): void
}

export interface OutsideParts {
  readonly fetch?: Fetch
  readonly files?: Readonly<Record<string, string | Uint8Array>>
}

/** 2026-11-21, a round number of seconds. */
export const NOW = 1_795_000_000_000

/** What `config` makes, and what it is surrounded by. */
export function makeTestAccess(config: Config, { fetch, files = {} }: OutsideParts = {}): Access & Outside {
  const waiting = new Set<AbortController>()
  const lines: string[] = []
  const note = (level: string) => (_: object, message: string) => lines.push(`${level} ${message}`)
  const outside = {
    now: NOW,
    lines,
    timeOut: () => {
      for (const controller of waiting) controller.abort()
      waiting.clear()
    },
  }
  const access = makeAccess(settingsOf(config), {
    clock: { now: () => outside.now - NOW },
    wall: () => outside.now,
    random: bytes => new Uint8Array(bytes).fill(7),
    log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    isLocal: address => address === '127.0.0.1',
    fetch: fetch ?? (() => Promise.reject(new Error('nothing is outside'))),
    timeout: () => {
      const controller = new AbortController()
      waiting.add(controller)
      return controller.signal
    },
    read: path => {
      const found = files[path]
      if (found === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      return Buffer.from(found)
    },
  })
  return Object.assign(outside, access)
}

export function credentials(token: string | null, more: Partial<Credentials> = {}): Credentials {
  return {
    token,
    member: null,
    address: '203.0.113.7',
    dialect: 'native',
    origin: null,
    cookie: null,
    userAgent: null,
    ...more,
  }
}
