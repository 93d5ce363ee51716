// Makes the log: pino, as JSON lines, or for people where a terminal is read. Which of both is decided here; what is
// logged, and how much, is not.

import { pino } from 'pino'
import type { Log } from '../server/log.ts'
import type { Settings } from '../server/settings.ts'

/** Whether log and banner are written for people. */
export function isPretty(format: Settings['log']['format'], terminal: boolean): boolean {
  return format === 'pretty' || (format === 'auto' && terminal)
}

/** A log on stdout. */
export async function makeLog(level: Settings['log']['level'], pretty: boolean): Promise<Log> {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  if (!pretty) return plain(pino(options, pino.destination({ dest: 1, sync: true })))
  // only for people: JSON lines need none of it
  const { default: prettyStream } = await import('pino-pretty')
  const colorize = process.stdout.isTTY === true
  return plain(pino(options, prettyStream({ colorize, translateTime: 'SYS:HH:MM:ss', sync: true })))
}

// The type of a logger allows any member, also `then`: it cannot be awaited as it is.
function plain(log: Log): Log {
  return log
}
