// Puts what SQLite or the system said of the data file into one error that names the file and the remedy.

import { SystoleError } from '../../errors.ts'
import type { Failure } from './messages.ts'

const EXPLAINED: Record<number, readonly [SystoleError['code'], string]> = {
  5: ['store_locked', 'is in use by another process. Stop that one, or choose another folder with --data'],
  6: ['store_locked', 'is in use by another process. Stop that one, or choose another folder with --data'],
  8: [
    'store_failed',
    'cannot be written: file or folder is read-only. Make both writable, or choose another folder with --data',
  ],
  10: [
    'store_failed',
    'cannot be read or written: the disk reports an error. Check the disk, or choose another folder with --data',
  ],
  11: ['store_corrupt', 'is damaged. Put a backup in its place, or move it away to start empty'],
  13: [
    'store_failed',
    'cannot grow: the disk is full. Free some space, or choose another folder with --data',
  ],
  14: [
    'store_failed',
    'cannot be opened. Make its folder readable and writable, or choose another with --data',
  ],
  26: ['store_corrupt', 'is not a Systole data file. Move it away, or choose another folder with --data'],
}
const OTHERWISE = [
  'store_failed',
  'cannot be used. Check the disk, or choose another folder with --data',
] as const

/** Codes of failures found by us: SQLite's own for what may not be written, below its range for what it does not know. */
export const FOUND = {
  readOnly: 8,
  foreign: -1,
  newer: -2,
  taken: -3,
  folder: -4,
  gone: -5,
  noFolder: -6,
} as const

const OURS: Record<number, readonly [SystoleError['code'], string]> = {
  [FOUND.foreign]: [
    'store_corrupt',
    'belongs to another program. Move it away, or choose another folder with --data',
  ],
  [FOUND.newer]: [
    'store_failed',
    'was written by a newer Systole. Use that version, or choose another folder with --data',
  ],
  [FOUND.taken]: ['store_locked', 'was replaced or used by another server meanwhile. Restart this one'],
  [FOUND.gone]: [
    'store_failed',
    'was moved or deleted while the server ran. Put it back and writing goes on; a restart without it begins empty',
  ],
  [FOUND.noFolder]: [
    'store_failed',
    'has no folder to stand in: something else has its name, or it cannot be made. Choose another with --data',
  ],
  [FOUND.folder]: ['store_failed', 'is a folder. Remove it, or choose another folder with --data'],
}

/** What was thrown, in a form that travels between threads. */
export function failureOf(error: unknown): Failure {
  const { errcode, message } = error as { errcode?: number; message?: string }
  // extended result codes keep the primary one in the low byte
  const code = errcode === undefined ? 0 : errcode < 0 ? errcode : errcode & 0xff
  return { code, message: message ?? String(error) }
}

/** The error that says so. */
export function storeError(path: string, { code, message }: Failure): SystoleError {
  const [name, remedy] = EXPLAINED[code] ?? OURS[code] ?? OTHERWISE
  return new SystoleError(name, `The data file ${path} ${remedy}. (${message})`, { cause: message })
}
