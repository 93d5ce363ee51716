// The table of options, derived from the schema: one row per option with its flag, environment name and file key.
// Parsing, `--help` and the reference read it; it adds nothing of its own.

import { z } from 'zod'
import { type OptionMeta, optionMeta } from './option-meta.ts'
import { formatDuration, formatSize } from './option-units.ts'
import { optionsSchema } from './options-schema.ts'

/** One option under all its names. */
export interface OptionRow {
  /** Key in a config file: `maxMessage`, `log.level`. */
  readonly key: string
  /** `--max-message` */
  readonly flag: string
  /** `SYSTOLE_MAX_MESSAGE` */
  readonly env: string
  readonly meta: OptionMeta
  /** As one would write it. */
  readonly fallback: string
}

/** All options in the order of the schema. */
export const optionRows: readonly OptionRow[] = rowsOf(optionsSchema, '')

/** File keys that hold a group of options: `log`, `keep`, … */
export const optionGroups: readonly string[] = Object.entries(optionsSchema.shape)
  .filter(([, schema]) => schema instanceof z.ZodObject)
  .map(([key]) => key)

function rowsOf(object: z.ZodObject, prefix: string): OptionRow[] {
  return Object.entries(object.shape).flatMap(([name, schema]) => {
    if (schema instanceof z.ZodObject) return rowsOf(schema, `${prefix}${name}.`)
    return [rowOf(`${prefix}${name}`, schema as z.ZodType)]
  })
}

function rowOf(key: string, schema: z.ZodType): OptionRow {
  const meta = optionMeta.get(schema)
  if (meta === undefined) throw new Error(`option ${key} is not described`)
  const words = key.replace('.', '-').replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  const env = `SYSTOLE_${words.replaceAll('-', '_').toUpperCase()}`
  return {
    key,
    flag: `--${words}`,
    env,
    meta,
    fallback: meta.otherwise ?? written(schema.parse(undefined), meta),
  }
}

function written(value: unknown, meta: OptionMeta): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value !== 'number') return String(value)
  if (meta.unit === 'duration') return formatDuration(value)
  return meta.unit === 'size' ? formatSize(value) : String(value)
}
