// Carries one message to one web address, and brings back what became of it. It connects only to addresses it has judged
// itself: a name is looked up once, and what was judged is what is connected to, whatever the name says a moment later
// (DNS rebinding). It follows no redirect, reads little of an answer, and waits for none of it beyond a deadline.

import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { isPublic } from './address.ts'

/** What became of a message. */
export interface Answer {
  /** `null`: there was no answer. */
  readonly status: number | null
  /** Of a `Retry-After` header, as it was sent. */
  readonly retryAfter: string | null
  /** Why there was none; for people. */
  readonly problem: string
}

/** Never rejects. `signal`: the message is given up. */
export type Post = (
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  signal: AbortSignal,
) => Promise<Answer>

/** All addresses of a name. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

export interface PosterOptions {
  /** Addresses of this machine and of private networks are let through. */
  readonly allowPrivate: boolean
  readonly resolve?: Resolve
  /** For looking up, connecting, sending and reading, all together, in ms. @default 15_000 */
  readonly deadline?: number
  /** Certificates to believe besides the usual ones, as PEM. */
  readonly ca?: string
}

const DEADLINE = 15_000
/** Of an answer, so many bytes are read so that the connection can be used again; then it is cut. */
const MOST_ANSWER = 16_384
/** Interim answers (1xx) that may come before the one that counts. */
const MOST_INTERIM = 16
/** What a connection that the other side has closed meanwhile is answered with. */
const STALE = ['ECONNRESET', 'EPIPE', 'ERR_SOCKET_CLOSED']

/** Posts to `url`, over one connection that is kept. */
export function makePoster(url: string, options: PosterOptions): Post {
  const { protocol, hostname } = new URL(url)
  const secure = protocol === 'https:'
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxFreeSockets: 1 })
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const { allowPrivate, resolve = allAddresses, deadline = DEADLINE, ca } = options
  let turn = 0
  return async (headers, body, signal) => {
    const bound = new AbortController()
    const giveUp = () => bound.abort()
    const timer = setTimeout(giveUp, deadline)
    signal.addEventListener('abort', giveUp)
    if (signal.aborted) giveUp()
    const request = (address: LookupAddress) =>
      (secure ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': body.length },
        lookup: only(address),
        ...(ca !== undefined && { ca }),
      })
    try {
      const found = await orAbort(resolve(host), bound.signal)
      const refused = allowPrivate ? undefined : found.find(({ address }) => !isPublic(address))
      if (refused !== undefined) return failed(notPublic(host, refused.address))
      const address = found[turn % found.length]
      if (address === undefined) return failed(`${host} has no address`)
      return await exchange(() => request(address), body, bound.signal)
    } catch (error) {
      // the next try takes the next address
      turn++
      if (signal.aborted) return failed('given up: the server stops')
      return failed(bound.signal.aborted ? `no answer within ${deadline} ms` : messageOf(error))
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
    }
  }
}

/** Rejects where there is no answer. A connection that was gone before it was used is no fault of anybody. */
async function exchange(make: () => ClientRequest, body: Uint8Array, over: AbortSignal): Promise<Answer> {
  const first = make()
  try {
    return await send(first, body, over)
  } catch (error) {
    const { code = '' } = error as { readonly code?: string }
    if (!first.reusedSocket || !STALE.includes(code) || over.aborted) throw error
    return await send(make(), body, over)
  }
}

function send(request: ClientRequest, body: Uint8Array, over: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let answer: Answer | null = null
    let interim = 0
    // a request that is destroyed already says no word about being destroyed
    const cut = () => {
      request.destroy()
      end(new Error('cut'))
    }
    // what comes, or breaks, after the status changes nothing any more
    const end = (error?: unknown) => {
      over.removeEventListener('abort', cut)
      if (answer === null) reject(error)
      else resolve(answer)
    }
    over.addEventListener('abort', cut, { once: true })
    request.on('error', end)
    request.on('close', () => end(new Error('the connection was closed without an answer')))
    request.on('information', () => {
      if (++interim <= MOST_INTERIM) return
      request.destroy()
      end(new Error(`over ${MOST_INTERIM} interim answers (1xx), and none that counts`))
    })
    request.on('upgrade', (response, socket) => {
      socket.destroy()
      answer = answerOf(response)
      end()
    })
    request.on('response', response => {
      answer = answerOf(response)
      readLittle(response, cut, end)
    })
    request.end(body)
    if (over.aborted) cut()
  })
}

function readLittle(response: IncomingMessage, cut: () => void, done: () => void): void {
  let read = 0
  response.on('data', (chunk: Uint8Array) => {
    read += chunk.length
    if (read > MOST_ANSWER) cut()
  })
  for (const ended of ['end', 'close', 'error']) response.on(ended, done)
}

function answerOf({ statusCode = 0, headers }: IncomingMessage): Answer {
  return { status: statusCode, retryAfter: headers['retry-after'] ?? null, problem: '' }
}

function only(found: LookupAddress): LookupFunction {
  return (_host, { all }, tell) => {
    if (all === true) tell(null, [found])
    else tell(null, found.address, found.family)
  }
}

async function allAddresses(host: string): Promise<readonly LookupAddress[]> {
  return await lookup(host, { all: true })
}

function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('cut'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function failed(problem: string): Answer {
  return { status: null, retryAfter: null, problem }
}

function notPublic(host: string, address: string): string {
  const what = host === address ? host : `${host} is ${address}, which`
  return `${what} is no public address; give the endpoint private=on where that is meant`
}

function messageOf(error: unknown): string {
  const { message, code } = error as { readonly message?: string; readonly code?: string }
  return message === undefined || message === '' ? (code ?? 'it failed') : message
}
