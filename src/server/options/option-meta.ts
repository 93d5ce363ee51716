// What is told of an option besides what it accepts: its meaning, how its value is written, its default in words. The
// schema notes it here; flags, help and reference read it.

import { z } from 'zod'

/** What is told of an option. */
export interface OptionMeta {
  readonly about: string
  /** What stands after the flag: `<port>`; '' for a switch. */
  readonly value: string
  readonly unit?: 'duration' | 'size'
  /** The default in words, where the value does not say it. */
  readonly otherwise?: string
  /** The flag may be given many times; the environment separates by this. */
  readonly many?: 'spaces' | 'commas or spaces'
  /** Never shown again, not even in a complaint about it. */
  readonly secret?: true
}

/** Where the schema keeps it. */
export const optionMeta = z.registry<OptionMeta>()

export const DURATION = { value: '<duration>', unit: 'duration' } as const
export const SIZE = { value: '<size>', unit: 'size' } as const

/** Notes what is told of `schema`. */
export function tell<T extends z.ZodType>(schema: T, meta: OptionMeta): T {
  optionMeta.add(schema, meta)
  return schema
}
