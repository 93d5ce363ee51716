// A real server process for the transport contract, on whichever runtime runs this file. It does what it is told on
// standard input (one JSON command a line) and reports on standard output (one JSON event a line). A link is known by
// its tag (`/?tag=a`); other query fields say how its upgrade is answered; some texts make a handler misbehave.

import { createInterface } from 'node:readline'
import { type LazyText, textOf } from '../../src/core/lazy.ts'
import type {
  Closed,
  Handlers,
  Link,
  Listener,
  Pem,
  UpgradeAnswer,
  UpgradeRequest,
} from '../../src/transports/transport.ts'

export interface Command {
  readonly do:
    | 'send'
    | 'flood'
    | 'ping'
    | 'close'
    | 'terminate'
    | 'terminateAll'
    | 'stats'
    | 'stopAccepting'
    | 'reloadTls'
    | 'stop'
    | 'subscribe'
    | 'unsubscribe'
    | 'publish'
    | 'all'
  readonly tag?: string
  readonly topic?: string
  /** For `all`: carried out in one turn, in order. */
  readonly steps?: readonly Command[]
  readonly text?: string
  readonly size?: number
  readonly count?: number
  readonly code?: number
  readonly reason?: string
  readonly pem?: Pem
}

export interface Report {
  readonly on: string
  readonly tag?: string
  /** Short texts in full, long ones cut: `length` is the true one. */
  readonly text?: string
  readonly length?: number
  readonly how?: Closed
  readonly [more: string]: unknown
}

interface Seat {
  readonly tag: string
  readonly quiet: boolean
  readonly topic: string | null
  readonly openThrows: boolean
  opened: number
  closed: number
}

/** Calls that break the contract's order, over the whole life of the process. */
const broken = { beforeOpen: 0, afterClosed: 0, closedTwice: 0, openedTwice: 0 }
const links = new Map<string, Link<Seat>>()
const runtime = process.versions.bun === undefined ? 'node' : 'bun'
const transport =
  runtime === 'bun'
    ? (await import('../../src/transports/bun.ts')).bunTransport
    : (await import('../../src/transports/node.ts')).nodeTransport
let worstBlock = 0
let watching = false
let listener: Listener | undefined

const misdeeds: Readonly<Record<string, (link: Link<Seat>) => unknown>> = {
  throw: () => {
    throw new Error('thrown as asked')
  },
  reject: async () => {
    await Promise.resolve()
    throw new Error('rejected as asked')
  },
  'close-self': link => link.close(4500, 'as asked'),
  'terminate-self': link => {
    link.terminate()
    link.send('must not arrive')
  },
}

const handlers: Handlers<Seat> = {
  upgrade: answerUpgrade,
  refuses: asked =>
    mayPass(asked.header('origin'), asked.url) ? null : { status: 403, body: 'not from there' },
  open(link) {
    if (link.data.opened++ > 0) broken.openedTwice++
    links.set(link.data.tag, link)
    tell(link, { on: 'open', address: link.address, protocol: link.protocol, pings: link.pings })
    if (link.data.topic !== null) link.subscribe(link.data.topic)
    if (link.data.openThrows) throw new Error('thrown in open')
  },
  text(link, text) {
    check(link)
    tell(link, { on: 'text', text: text.slice(0, 200), length: text.length })
    if (text.startsWith('echo:')) link.send(text.slice(5))
    if (text.startsWith('publish:')) listener?.publish(text.split(':')[1]!, text)
    return misdeeds[text]?.(link) as undefined
  },
  binary(link, bytes) {
    check(link)
    tell(link, { on: 'binary', text: Buffer.from(bytes).toString('hex').slice(0, 200), length: bytes.length })
    if (bytes[0] === 0xff) throw new Error('thrown in binary')
  },
  control(link, frame) {
    check(link)
    tell(link, { on: 'control', frame })
  },
  closed(link, how) {
    if (link.data.closed++ > 0) broken.closedTwice++
    if (links.get(link.data.tag) === link) links.delete(link.data.tag)
    link.send('into nothing')
    link.ping()
    link.terminate()
    link.subscribe('news')
    tell(link, { on: 'closed', how })
    if (how.reason === 'throw in closed') throw new Error('thrown in closed')
  },
  request: answerRequest,
  onError: (error, { stage }) => report({ on: 'error', stage, text: String(error) }),
}

function answerUpgrade(request: UpgradeRequest): UpgradeAnswer<Seat> {
  const query = new URLSearchParams(request.url.split('?')[1])
  if (query.has('throw')) throw new Error('thrown in upgrade')
  if (query.has('refuse')) return { accept: false, status: Number(query.get('refuse')), body: 'not you' }
  if (query.has('later')) return { accept: false, status: 429, body: 'not now', retryAfter: 7 }
  const data: Seat = {
    tag: query.get('tag') ?? '',
    quiet: query.has('quiet'),
    openThrows: query.has('openThrows'),
    topic: query.get('topic'),
    opened: 0,
    closed: 0,
  }
  const protocol = query.get('choose')
  report({
    on: 'upgrade',
    tag: data.tag,
    url: request.url,
    offered: request.protocols,
    agent: request.header('x-agent'),
  })
  return protocol === null ? { accept: true, data } : { accept: true, data, protocol }
}

function mayPass(origin: string | null, url: string): boolean {
  if (url.includes('refuses-throws')) throw new Error('thrown in refuses')
  return origin !== 'https://elsewhere.example'
}

async function answerRequest(request: Request, address: LazyText): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  if (pathname === '/throw') throw new Error('thrown in request')
  if (pathname === '/echo')
    return new Response(await request.text(), { status: 201, headers: { 'x-search': search } })
  if (pathname === '/') return new Response(`hello ${textOf(address)}`)
  return new Response('nothing here', { status: 404 })
}

function check(link: Link<Seat>): void {
  if (link.data.opened === 0) broken.beforeOpen++
  if (link.data.closed > 0) broken.afterClosed++
}

function tell(link: Link<Seat>, event: Report): void {
  if (!link.data.quiet) report({ ...event, tag: link.data.tag })
}

function report(event: Report): void {
  // A reader of lines takes this character for the end of one.
  process.stdout.write(`${JSON.stringify(event).replaceAll('\u2028', '\\u2028')}\n`)
}

/** Names the longest time in which no timer could run. */
function watchBlocks(): void {
  watching = true
  let last = performance.now()
  const look = (): void => {
    const now = performance.now()
    worstBlock = Math.max(worstBlock, now - last)
    last = now
    if (watching) setTimeout(look, 1)
  }
  look()
}

async function terminateAll(listener: Listener): Promise<void> {
  worstBlock = 0
  const count = listener.links
  watchBlocks()
  await new Promise(resolve => setTimeout(resolve, 50))
  const quiet = worstBlock
  const begin = performance.now()
  for (const link of links.values()) link.terminate()
  const call = performance.now() - begin
  while (listener.links > 0) await new Promise(resolve => setTimeout(resolve, 5))
  await new Promise(resolve => setTimeout(resolve, 50))
  watching = false
  report({
    on: 'terminated',
    count,
    left: links.size,
    worstBlock,
    quiet,
    call,
    took: performance.now() - begin,
  })
}

async function obey(command: Command, listener: Listener): Promise<void> {
  const link = links.get(command.tag ?? '')
  if (command.do === 'all') for (const step of command.steps ?? []) act(step, listener)
  else if (command.do === 'terminateAll') await terminateAll(listener)
  else if (command.do === 'stopAccepting') listener.stopAccepting()
  else if (command.do === 'reloadTls') reload(command.pem!, listener)
  else if (command.do === 'stop') await stop(listener, command.code)
  else act(command, listener)
  report({
    on: `did:${command.do}`,
    tag: command.tag ?? '',
    ...standing(listener),
    queued: link?.queued ?? 0,
  })
  if (command.do === 'stop') process.exit(0)
}

/** What is done at once, within the turn. */
function act({ topic = '', count = 1, ...command }: Command, listener: Listener): void {
  const link = links.get(command.tag ?? '')
  const text = command.text ?? 'x'.repeat(command.size ?? 0)
  if (command.do === 'send') link?.send(text)
  else if (command.do === 'flood') for (let i = 0; i < count; i++) link?.send(text)
  else if (command.do === 'publish') for (let i = 0; i < count; i++) listener.publish(topic, text)
  else if (command.do === 'subscribe') link?.subscribe(topic)
  else if (command.do === 'unsubscribe') link?.unsubscribe(topic)
  else if (command.do === 'ping') link?.ping()
  else if (command.do === 'close') link?.close(command.code ?? 1000, command.reason)
  else if (command.do === 'terminate') link?.terminate()
}

function reload(pem: Pem, listener: Listener): void {
  try {
    listener.reloadTls(pem)
  } catch (error) {
    report({ on: 'not reloaded', text: String(error) })
  }
}

/** With a code: closes every link first, in the same turn. */
async function stop(listener: Listener, code: number | undefined): Promise<void> {
  if (code !== undefined) for (const link of links.values()) link.close(code, 'restart')
  await listener.stop()
}

function standing(listener: Listener) {
  return { links: listener.links, slowCuts: listener.slowCuts, broken, rss: process.memoryUsage.rss() }
}

try {
  const own = await transport.listen(JSON.parse(process.argv[2] ?? '{}'), handlers)
  report({ on: 'listening', host: own.host, port: own.port, name: transport.name })
  createInterface({ input: process.stdin }).on('line', line => void obey(JSON.parse(line), own))
  listener = own
} catch (error) {
  const { code, message } = error as Error & { code: string }
  report({ on: 'refused', code, text: message })
}
process.stdin.on('end', () => process.exit(0))
