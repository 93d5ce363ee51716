import { expect, test } from 'bun:test'
import { BaseLink } from './base-link.ts'
import { Desk } from './desk.ts'
import type { Exchange } from './stream-link.ts'
import type { Handlers } from './transport.ts'

class Line extends BaseLink<null> {
  readonly queued = 0
  readonly written: string[] = []
  readonly engine: string[] = []
  broken = false

  ping(): void {}
  endSocket(): void {}
  protected override joined(topic: string): void {
    this.engine.push(`+${topic}`)
  }
  protected override left(topic: string): void {
    this.engine.push(`-${topic}`)
  }
  protected override write(text: string): number {
    if (this.broken) throw new Error('no such socket')
    return this.written.push(text)
  }
}

function rig() {
  const told: string[] = []
  const handlers = {
    open: () => {},
    closed: (_link: unknown, how: { code: number }) => void told.push(`closed ${how.code}`),
    onError: (_error: unknown, { stage }: { stage: string }) => void told.push(`error in ${stage}`),
  } as unknown as Handlers<null>
  const desk = new Desk({ host: '', port: 0 }, handlers, 8)
  const open = (): Line => {
    const line = new Line(desk, null, '', '')
    desk.opened(line)
    line.subscribe('all')
    line.subscribe('own')
    return line
  }
  return { desk, told, open }
}

test('whichever way a link ends, no topic keeps it', async () => {
  const { desk, open } = rig()
  const ends: ((line: Line) => void)[] = [
    line => line.close(1000),
    line => line.terminate(),
    line => line.fail(),
    line => desk.closed(line, 1006, ''),
  ]
  for (const end of ends) {
    const line = open()
    expect(desk.topics.size).toBe(2)
    end(line)
    line.subscribe('late')
    await desk.settled()
    expect([desk.topics.size, line.topics]).toEqual([0, undefined])
  }
})

test('the engine is told of each subscription and its end once, also after the end of the link is decided', () => {
  const { open } = rig()
  const line = open()
  line.subscribe('all')
  line.unsubscribe('own')
  line.unsubscribe('own')
  expect(line.engine).toEqual(['+all', '+own', '-own'])
  line.close(1000)
  line.unsubscribe('all')
  expect(line.engine).toEqual(['+all', '+own', '-own', '-all'])
})

test('a write that throws ends that link only, the others get theirs', () => {
  const { desk, told, open } = rig()
  const [first, broken, last] = [open(), open(), open()]
  broken.broken = true
  desk.sendAll(desk.topics.get('all')!.links, 'news')
  expect([first.written, last.written]).toEqual([['news'], ['news']])
  expect([told, broken.ending?.code]).toEqual([['error in publish'], 1011])
})

test('an answer that has to be waited for may be silent; what comes after a whole one is waited for as ever', async () => {
  const told = async (method: string, answer: () => Response | Promise<Response>) => {
    const calls: string[] = []
    const handlers = { request: answer } as unknown as Handlers<unknown>
    const desk = new Desk({ host: '', port: 0 }, handlers, 8)
    const exchange = {
      wait: () => calls.push('wait'),
      answered: () => calls.push('answered'),
    } as unknown as Exchange
    await desk.request(new Request('http://localhost/', { method }), '127.0.0.1', exchange)
    return calls
  }
  const stream = new Response('', { headers: { 'content-type': 'application/x-ndjson' } })
  expect(await told('GET', async () => new Response('{}'))).toEqual(['wait', 'answered'])
  expect(await told('GET', async () => stream)).toEqual(['wait'])
  expect(await told('GET', () => new Response('{}'))).toEqual([])
  expect(await told('POST', async () => new Response('{}'))).not.toContain('wait')
})
