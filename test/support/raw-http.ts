// One HTTP request as bytes: what a platform's fetch would tidy up goes out as it is. Says what came back, or how the
// connection ended; never waits longer than it is told.

import net from 'node:net'

export interface RawRequest {
  readonly method: string
  /** As it stands in the request line. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  /** With `transfer-encoding: chunked` already in chunks. */
  readonly body?: string | Uint8Array
  /** Bytes of the body that are sent before the connection is ended; the length said is that of all. */
  readonly cutAt?: number
  /** @default 5,000 */
  readonly withinMs?: number
}

export interface RawAnswer {
  /** 0: the connection ended without an answer. */
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Rejects when nothing happened in time. */
export function rawHttp(port: number, request: RawRequest): Promise<RawAnswer> {
  const { method, target, headers = {}, body, cutAt, withinMs = 5_000 } = request
  const bytes = body === undefined ? null : Buffer.from(body as string)
  const all = {
    host: `127.0.0.1:${port}`,
    connection: 'close',
    ...(bytes !== null && !('transfer-encoding' in headers) && { 'content-length': String(bytes.length) }),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const socket = net.connect(port, '127.0.0.1')
  socket.write(Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'utf8'))
  if (bytes !== null) socket.write(cutAt === undefined ? bytes : bytes.subarray(0, cutAt))
  if (cutAt !== undefined) socket.end()
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`no answer within ${withinMs} ms to ${method} ${target.slice(0, 200)}`))
    }, withinMs)
    socket.on('data', chunk => chunks.push(chunk))
    // a refusal may come while the body is still on its way: then the end is a reset
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answerOf(Buffer.concat(chunks).toString('utf8')))
    })
  })
}

function answerOf(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end === -1 ? 0 : end).split('\r\n')
  const headers = new Map(
    lines.map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  const raw = text.slice(end + 4)
  const body = headers.get('transfer-encoding') === 'chunked' ? unchunked(raw) : raw
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0), headers, body }
}

function unchunked(raw: string): string {
  const bytes = Buffer.from(raw, 'utf8')
  let body = ''
  let at = 0
  while (at < bytes.length) {
    const end = bytes.indexOf('\r\n', at)
    const length = Number.parseInt(bytes.subarray(at, end).toString(), 16)
    if (!(length > 0)) break
    body += bytes.subarray(end + 2, end + 2 + length).toString('utf8')
    at = end + 2 + length + 2
  }
  return body
}
