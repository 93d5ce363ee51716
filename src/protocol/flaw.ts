// What is wrong with a message: a code of the error table, the field, and a sentence for people that says what was
// found and how to mend it. A class, so that no value a client sends can be taken for one.

import type { ErrorCode } from './errors.ts'

const SHOWN = 40

export class Flaw {
  readonly code: ErrorCode
  readonly field: string | null
  readonly message: string

  constructor(code: ErrorCode, field: string | null, message: string) {
    this.code = code
    this.field = field
    this.message = message
  }
}

/** What stands under `key`, in few words; of a secret only how long it is: messages end up in logs. */
export function shown(key: string, value: unknown): string {
  const isSecret = typeof value === 'string' && (key === 'token' || key === 'instance')
  return isSecret ? `a string of ${value.length}` : excerpt(value)
}

/** A value in few words. Never reads further into it than it shows. */
export function excerpt(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  if (typeof value !== 'string') return String(value)
  return value.length > SHOWN ? `${JSON.stringify(value.slice(0, SHOWN))}...` : JSON.stringify(value)
}
