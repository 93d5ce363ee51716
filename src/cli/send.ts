// `systole send`: one message to those who are there, over the HTTP API, and whom it reached. What the words mean is
// decided here; whom they reach is the server's business.

import { SystoleError } from '../errors.ts'
import { formatDuration, parseDuration } from '../server/options/option-units.ts'
import { callServer, errorOf, notOurs, serverUrl } from './ask-server.ts'
import { refusedCaller, showKey } from './client-key.ts'

/** Flags of the command. */
export interface SendOptions {
  readonly url: string
  readonly key?: string
  readonly to?: readonly string[]
  readonly group?: string
  readonly type?: string
  readonly all?: boolean
  readonly ack?: string
  /** Send the words as they are, also where they are JSON. */
  readonly text?: boolean
}

interface Reached {
  readonly reached: number
  readonly suspect: number
  readonly offline: number
  readonly unknown: number
  readonly acked?: number
}

const TARGETS = ['to', 'group', 'type', 'all'] as const
const LONGEST_ACK = 5_000
/** What is wrong with the command line, not with the server. */
const MISUSE = [400, 413]

/** Sends once and prints the result; `false` when nothing was reached. */
export async function send(message: string, options: SendOptions): Promise<boolean> {
  const body = bodyOf(message, options)
  const base = serverUrl(options.url)
  const headers = { 'content-type': 'application/json', ...showKey(options.key) }
  const answer = await callServer(base, 'v1/push', { method: 'POST', headers, body })
  if (answer.ok && isReached(answer.body)) {
    process.stdout.write(`${reachedInWords(answer.body)}\n`)
    return answer.body.reached > 0
  }
  const { code, message: said } = errorOf(answer)
  if (code !== '' && MISUSE.includes(answer.status)) throw bad(`the server refuses: ${said} (${code})`)
  throw refusedCaller(base, answer) ?? notOurs(base, said)
}

/** The body of the request. Throws `bad_option`. */
export function bodyOf(message: string, options: Omit<SendOptions, 'url' | 'key'>): string {
  const targets = TARGETS.filter(target => options[target] !== undefined)
  if (targets.length !== 1) throw bad('send takes one of --to, --group, --type and --all: whom it is for')
  const [target] = targets as [(typeof TARGETS)[number]]
  const ack = options.ack === undefined ? '' : `,"ack":${ackOf(options.ack)}`
  // as it was typed: numbers too long for this program stay what they are
  const data = options.text !== true && isJson(message) ? message : JSON.stringify(message)
  return `{"${target}":${JSON.stringify(options[target])},"data":${data}${ack}}`
}

/** `reached 2, suspect 0, offline 1, unknown 0, acked 2`. */
export function reachedInWords({ reached, suspect, offline, unknown, acked }: Reached): string {
  const words = `reached ${reached}, suspect ${suspect}, offline ${offline}, unknown ${unknown}`
  return acked === undefined ? words : `${words}, acked ${acked}`
}

/** Objects and lists; a bare word or number is text. */
function isJson(message: string): boolean {
  if (!/^\s*[[{]/.test(message)) return false
  try {
    JSON.parse(message)
    return true
  } catch {
    return false
  }
}

function ackOf(text: string): number {
  const ms = parseDuration(text)
  if (ms !== null && ms >= 1 && ms <= LONGEST_ACK) return ms
  const range = `from 1ms to ${formatDuration(LONGEST_ACK)}`
  throw bad(`--ack ${JSON.stringify(text)} must be a duration ${range}, such as 2s`)
}

function isReached(body: unknown): body is Reached {
  return typeof (body as Partial<Reached> | null)?.reached === 'number'
}

function bad(message: string): SystoleError {
  return new SystoleError('bad_option', message)
}
