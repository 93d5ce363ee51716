// Asks by HTTP on one kept connection, one request after the other, and takes the time until the last byte of the answer is
// here. Read to its length only: what a client then makes of it is its own affair.

import type { Socket } from 'bun'
import { type ProbeResult, summary } from './probe.ts'

/** Not counted: the engines compile what is hot. */
const WARM = 100
const HOST = '127.0.0.1'
const LENGTH = /content-length: (\d+)\r\n/i

export interface GetsOptions {
  readonly port: number
  /** Members 0 to known-1 are called `k<number>`. */
  readonly known: number
  readonly times: number
  /** Look-ups of so many ids; or pages of 200 by this query, every second one from the middle of the list on. */
  readonly of: { readonly lookup: number } | { readonly page: string }
}

export interface GetsResult extends ProbeResult {
  /** All that were asked, with those that were not timed. */
  readonly asked: number
}

interface Wait {
  left: number
  done: () => void
  failed: (error: Error) => void
}

export async function gets({ port, known, times, of }: GetsOptions): Promise<GetsResult> {
  const wait: Wait = { left: -1, done: () => {}, failed: () => {} }
  const socket = await Bun.connect({
    hostname: HOST,
    port,
    data: wait,
    socket: {
      data: hear,
      close: ({ data }) => data.failed(new Error('the server closed the connection')),
    },
  })
  const taken: number[] = []
  for (let i = 0; i < WARM + times; i++) {
    const request = 'lookup' in of ? lookupOf(known, of.lookup) : pageOf(known, of.page, i % 2 === 1)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    wait.left = -1
    wait.done = resolve
    wait.failed = reject
    const start = performance.now()
    if (socket.write(request) !== request.length) throw new Error('a request did not fit')
    await promise
    if (i >= WARM) taken.push(performance.now() - start)
    // one after the other, in a turn of its own
    await new Promise(next => setImmediate(next))
  }
  wait.failed = () => {}
  socket.end()
  return { ...summary(taken), asked: WARM + times }
}

function hear({ data: wait }: Socket<Wait>, chunk: Buffer): void {
  let length = chunk.length
  if (wait.left === -1) {
    const end = chunk.indexOf('\r\n\r\n')
    const head = chunk.toString('latin1', 0, end + 2)
    const found = LENGTH.exec(head)
    if (!head.startsWith('HTTP/1.1 200') || found === null)
      return wait.failed(new Error(`no good answer: ${chunk.toString('latin1', 0, 400)}`))
    wait.left = Number(found[1])
    length -= end + 4
  }
  wait.left -= length
  if (wait.left === 0) wait.done()
}

function lookupOf(known: number, count: number): Buffer {
  const ids = new Set<string>()
  while (ids.size < count) ids.add(anyOf(known))
  const body = JSON.stringify({ ids: [...ids] })
  return Buffer.from(
    `POST /v1/lookup HTTP/1.1\r\nhost: ${HOST}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
}

function pageOf(known: number, query: string, further: boolean): Buffer {
  const cursor = further ? `&cursor=${Buffer.from(anyOf(known)).toString('base64url')}` : ''
  return Buffer.from(`GET /v1/members?limit=200&${query}${cursor} HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`)
}

function anyOf(known: number): string {
  return `k${Math.floor(Math.random() * known)}`
}
