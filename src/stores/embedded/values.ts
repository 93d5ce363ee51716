// How single values stand in the file: times, JSON, and lists. NULL stands for what never was and for what is empty.

import { NEVER } from '../../core/clock.ts'
import type { Value } from './columns.ts'

/** NULL where it never was. */
export function toNull(time: number): number | null {
  return time === NEVER ? null : time
}

export function toNever(value: Value): number {
  return value === null ? NEVER : (value as number)
}

export function toJson(value: unknown): string | null {
  return value === null ? null : (JSON.stringify(value) ?? null)
}

export function fromJson(value: Value): unknown {
  return value === null ? null : JSON.parse(value as string)
}

/** NULL where nothing is in it; back again with `fromJson(…) ?? []`. */
export function listToJson(list: readonly unknown[] | undefined): string | null {
  return list === undefined || list.length === 0 ? null : JSON.stringify(list)
}
