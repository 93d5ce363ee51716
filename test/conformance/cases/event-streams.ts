// The way in without WebSocket, where a server offers it: frames both ways, ends both ways, and what proves life.

import { askStream, type EventStream } from '../../support/event-stream.ts'
import { type Case, must, mustBe, Skipped, Unlike } from '../case.ts'
import type { Stage } from '../stage.ts'

type Message = Readonly<Record<string, unknown>>

const QUICK = { interval: 1_000, timeout: 500, grace: 1_500 }

async function opened({ target }: Stage): Promise<EventStream> {
  const { host, port, path, token } = target
  if (token !== null) throw new Skipped('one token makes one member; this takes more')
  const stream = await askStream(port, { host, path }).catch(() => {
    throw new Unlike('a request for an event stream was not answered')
  })
  const type = stream.headers['content-type'] ?? ''
  if (!type.startsWith('text/event-stream')) throw new Skipped('no event streams are offered here')
  return stream
}

async function until(stage: Stage, what: string, holds: () => boolean, ms = stage.patience): Promise<void> {
  const end = performance.now() + ms
  while (!holds()) {
    if (performance.now() > end) throw new Unlike(`${what} did not come`)
    await stage.pause(20)
  }
}

async function take(stage: Stage, stream: EventStream, t: string): Promise<Message> {
  const find = () => stream.texts.map(text => JSON.parse(text) as Message).find(message => message.t === t)
  await until(stage, t, () => find() !== undefined)
  return find()!
}

const lines = (...messages: readonly Message[]) => messages.map(message => JSON.stringify(message)).join('\n')

async function named(stage: Stage): Promise<EventStream> {
  const stream = await opened(stage)
  await until(stage, 'the event open', () => stream.events.length > 0)
  mustBe([stream.status, stream.events[0]?.name], [200, 'open'], 'status and first event')
  must(stream.stream.length >= 22, 'the name of the stream has less than 128 bits')
  return stream
}

async function greeted(stage: Stage, hello: Message): Promise<EventStream> {
  const stream = await named(stage)
  mustBe((await stream.post(lines(hello))).status, 204, 'status of a hello')
  await take(stage, stream, 'welcome')
  return stream
}

async function bothWays(stage: Stage): Promise<void> {
  const stream = await named(stage)
  const other = await named(stage)
  must(other.stream !== stream.stream, 'two streams have one name')
  const asks = Array.from({ length: 20 }, (_, id) => ({ t: 'ask', members: [], id }))
  mustBe((await stream.post(lines({ t: 'hello', observer: true }))).status, 204, 'status of a hello')
  await take(stage, stream, 'welcome')
  mustBe((await stream.post(lines(...asks))).status, 204, 'status of twenty frames')
  await until(stage, 'the last answer', () => stream.texts.length > 20)
  const ids = stream.texts.map(text => JSON.parse(text)).filter(({ t }) => t === 'answer')
  mustBe(
    ids.map(({ id }) => id),
    asks.map(({ id }) => id),
    'answers in order',
  )
  mustBe(other.texts, [], 'what another stream was told')
  stream.abort()
  other.abort()
}

async function refused(stage: Stage): Promise<void> {
  const stream = await greeted(stage, stage.hello())
  const unknown = await stream.up('&stream=nobody', { method: 'POST', body: lines({ t: 'bye' }) })
  const form = await stream.post(lines({ t: 'bye' }), { 'content-type': 'application/x-www-form-urlencoded' })
  mustBe([unknown.status, form.status], [404, 415], 'no such stream, and no such type')
  mustBe((await stream.post(lines({ t: 'beat' }))).status, 204, 'status of a beat after that')
  await take(stage, stream, 'beat')
  mustBe((await stream.post(Uint8Array.of(0x22, 0xff, 0x22))).status, 400, 'status of what is no UTF-8')
  await until(stage, 'the event close', () => stream.closed !== null)
  mustBe(stream.closed?.code, 1007, 'code after what is no UTF-8')
  mustBe((await stream.post(lines({ t: 'beat' }))).status, 404, 'status once the stream has ended')
  stream.abort()
}

async function tooLarge(stage: Stage): Promise<void> {
  const stream = await greeted(stage, stage.hello())
  const { limits } = (await take(stage, stream, 'welcome')) as { limits?: { frame?: number } }
  const most = limits?.frame ?? 4 * 1024 * 1024
  if (most > 16 * 1024 * 1024) throw new Skipped('frames are over 16 MiB here')
  mustBe((await stream.post('x'.repeat(most + 1))).status, 413, 'status of a frame over limits.frame')
  await until(stage, 'the event close', () => stream.closed !== null)
  mustBe(stream.closed?.code, 1009, 'code after a frame over limits.frame')
  stream.abort()
}

async function ends(stage: Stage): Promise<void> {
  const watcher = await stage.observer()
  const closing = stage.hello()
  const stream = await greeted(stage, closing)
  const state = async () => {
    const [entry] = await watcher.ask([closing.member as string])
    return entry
  }
  mustBe((await state())?.state, 'online', 'state of who came this way')
  mustBe((await stream.close(4001)).status, 204, 'status of a close')
  await until(stage, 'the end of the stream', () => stream.whole || stream.gone)
  const next = await greeted(stage, { ...closing, epoch: 2 })
  mustBe((await take(stage, next, 'welcome')).resumed, true, 'resumed')
  mustBe((await next.post(lines({ t: 'bye' }))).status, 204, 'status of a goodbye')
  await until(stage, 'the event close', () => next.closed !== null)
  mustBe([next.closed?.code, next.events.at(-1)?.name], [1000, 'close'], 'the last event')
  const left = await state()
  mustBe([left?.state, left?.reason], ['offline', 'left'], 'state after a goodbye')
}

async function onlyMessages(stage: Stage): Promise<void> {
  const away = await greeted(stage, stage.hello({ timing: QUICK }))
  const silent = await greeted(stage, stage.hello({ timing: QUICK }))
  mustBe((await take(stage, away, 'welcome')).evidence, 'beat', 'evidence')
  const { timing } = (await take(stage, silent, 'welcome')) as { timing: typeof QUICK }
  const limit = timing.interval + timing.timeout
  if (limit > 12_000) throw new Skipped('silence takes longer here than a case waits')
  await away.post(lines({ t: 'away' }))
  await until(stage, 'the cut of who is silent', () => silent.whole || silent.gone, limit + stage.patience)
  mustBe(silent.closed, null, 'the event close of a stream that was cut')
  await stage.pause(500)
  must(!away.whole && !away.gone, 'who is away was cut after I + T')
  away.abort()
}

export const eventStreams: readonly Case[] = [
  { musts: ['T6', 'T7'], title: 'event streams: frames both ways, in order', run: bothWays },
  { musts: ['T7'], title: 'event streams: what is no stream, no type, no UTF-8', run: refused },
  { musts: ['T7'], title: 'event streams: a frame over its limit', run: tooLarge },
  { musts: ['T8'], title: 'event streams: closes from both sides', run: ends },
  { musts: ['T9', 'T8'], title: 'event streams: only messages prove life', long: true, run: onlyMessages },
]
