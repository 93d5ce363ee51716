// `systole watch`: shows who is there and every change, over the native protocol as an observer. What is watched comes
// from the command line; staying connected is the observer's business, showing the view's.

import { SystoleError } from '../errors.ts'
import { parseId } from '../protocol/ids.ts'
import { SUBPROTOCOL } from '../protocol/version.ts'
import { callServer, errorOf, serverUrl } from './ask-server.ts'
import { CLIENT_ENV } from './client-env.ts'
import { Observer, type ObserverEnd, type Watched } from './observer.ts'
import { openSocket, platformClock } from './observer-socket.ts'
import { visible } from './visible.ts'
import { JsonView, TextView } from './watch-view.ts'

/** Flags of the command. */
export interface WatchOptions {
  readonly url: string
  readonly token?: string
  readonly group?: string
  readonly all?: boolean
  readonly suspect?: boolean
  readonly json?: boolean
}

const MOST_IDS = 10_000
/** How long the goodbye may take to get out. */
const GOODBYE = 1_000
/** What is wrong with the command line, not with the server. */
const MISUSE = ['bad_id', 'bad_field', 'too_many', 'too_large']
const GIVE = `by --token or ${CLIENT_ENV.token}`
const MENDS: Readonly<Record<string, string>> = {
  unauthorized: `; give one ${GIVE}`,
  expired: `; give a fresh one ${GIVE}`,
  forbidden: `; give one that may ${GIVE}`,
}

/** Runs until Ctrl-C; rejects when the server is not there at the first try, or refuses. */
export async function watch(ids: readonly string[], options: WatchOptions): Promise<void> {
  const watched = watchedOf(ids, options)
  const base = serverUrl(options.url)
  // `systole watch | head` is no failure
  process.stdout.on('error', () => process.exit(0))
  const end = await observe(base, watched, options)
  if (end.how === 'left') return leave()
  if (end.how === 'refused') throw refusal(base, end.code, end.message)
  throw await unreachable(base, end.why)
}

/** What the words ask for. Throws `bad_option`. */
export function watchedOf(
  ids: readonly string[],
  { group, all, suspect }: Omit<WatchOptions, 'url' | 'token'>,
): Watched {
  const given = [ids.length > 0, group !== undefined, all === true].filter(Boolean).length
  if (given > 1) throw bad('watch takes ids, --group or --all: leave all but one out')
  for (const id of ids) checkId('id', id)
  if (group !== undefined) checkId('--group', group)
  const members = [...new Set(ids)]
  if (members.length > MOST_IDS) throw bad(`watch takes at most ${MOST_IDS} ids: watch a group, or --all`)
  return {
    ...(group !== undefined ? { group } : members.length > 0 ? { members } : { all: true }),
    ...(suspect && { suspect }),
  }
}

/** Whether colour may be written: to a terminal that knows it, unless `NO_COLOR` says no (no-color.org). */
export function mayColour(terminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return terminal && !env.NO_COLOR && env.TERM !== 'dumb'
}

/** Time of day, and the day where it is not today's. */
export function timeOfDay(at: number, now: number): string {
  const [day, time] = [dayOf(at), new Date(at).toTimeString().slice(0, 8)]
  return day === dayOf(now) ? time : `${day} ${time}`
}

function observe(base: URL, watched: Watched, { json, token }: WatchOptions): Promise<ObserverEnd> {
  const view = json
    ? new JsonView()
    : new TextView(mayColour(process.stdout.isTTY === true, process.env), timeOfDay)
  const url = new URL(base)
  url.protocol = base.protocol.replace('http', 'ws')
  return new Promise(resolve => {
    const observer = new Observer(watched, {
      connect: handlers => openSocket(url, handlers),
      clock: platformClock,
      random: Math.random,
      token: token || null,
      tell: event => {
        if (event.what === 'ended') return resolve(event.end)
        const { now } = event
        const text = event.what === 'frame' ? view.frame(event.frame, now) : view.lost(event.why, now)
        if (text !== '') process.stdout.write(text)
      },
    })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => observer.stop())
    observer.start()
  })
}

// The process ends by itself once the goodbye is out, or when that takes too long.
function leave(): void {
  setTimeout(() => process.exit(0), GOODBYE).unref()
}

function refusal(base: URL, code: string, message: string): SystoleError {
  const text = `${base.origin} refuses: ${visible(message)} (${visible(code)})${MENDS[code] ?? ''}`
  return new SystoleError(MISUSE.includes(code) ? 'bad_option' : 'refused', text)
}

// A WebSocket does not say why it could not be opened: a plain request does.
async function unreachable(base: URL, why: string): Promise<SystoleError> {
  const answer = await callServer(base, 'readyz')
  const said = answer.ok
    ? `it takes no ${SUBPROTOCOL} connection there (${why}); name its main port by --url`
    : `${errorOf(answer).message}; correct --url`
  return new SystoleError('not_running', `${base.origin} answers, but cannot be watched: ${said}`)
}

function checkId(what: string, id: string): void {
  if (!parseId(id).ok)
    throw bad(`${what} ${JSON.stringify(id.slice(0, 100))} must be 1 to 256 bytes without control characters`)
}

function dayOf(at: number): string {
  const date = new Date(at)
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map(part => String(part).padStart(2, '0'))
    .join('-')
}

function bad(message: string): SystoleError {
  return new SystoleError('bad_option', message)
}
