// The transport contract, part five: what is published to a topic. Every subscriber gets every frame, in order with what
// is sent to it alone; nobody else gets any; and who does not read is cut, not left out.
import { expect, test } from 'bun:test'
import type { RawSocket } from '../support/raw-socket.ts'
import type { Command } from '../support/transport-server.ts'
import type { Stage } from './transport-stage.ts'

const MIB = 1024 * 1024

const publish = (topic: string, text: string): Command => ({ do: 'publish', topic, text })

export function publishContract(stage: Stage): void {
  /** Several commands in one turn of the server. */
  const turn = (...steps: Command[]) => stage.server.did({ do: 'all', tag: stage.tag(), steps })

  test('what is published reaches every subscriber and nobody else', async () => {
    const [topic, other] = [stage.tag(), stage.tag()]
    const inside = await Promise.all(Array.from({ length: 5 }, () => stage.link(`topic=${topic}`)))
    const outside = [await stage.link(), await stage.link(`topic=${other}`)]
    const edges = [125, 126, 65_535, 65_536, MIB].map(length => 'x'.repeat(length))
    const texts = ['one', '', '在线 🫀', ...edges]
    await turn(...texts.map(text => publish(topic, text)), publish('nobody', 'nothing'))
    for (const { raw } of inside) expect(await read(raw, texts.length)).toEqual(texts)
    for (const { raw, tag } of outside) expect(await only(stage, raw, tag)).toEqual([])
    drop(...inside, ...outside)
  })

  test('a subscription holds from its call to the end of it, twice is once', async () => {
    const topic = stage.tag()
    const { raw, tag } = await stage.link()
    await turn(
      publish(topic, 'too early'),
      { do: 'subscribe', tag, topic },
      { do: 'subscribe', tag, topic },
      publish(topic, 'a'),
      { do: 'unsubscribe', tag, topic },
      publish(topic, 'too late'),
      { do: 'unsubscribe', tag, topic },
      { do: 'subscribe', tag, topic },
      publish(topic, 'b'),
      { do: 'unsubscribe', tag, topic },
    )
    await turn(publish(topic, 'too late'))
    expect(await only(stage, raw, tag)).toEqual(['a', 'b'])
    drop({ raw })
  })

  test('leaving one topic leaves no other', async () => {
    const topics = Array.from({ length: 5 }, () => stage.tag())
    const { raw, tag } = await stage.link()
    await turn(...topics.map(topic => ({ do: 'subscribe', tag, topic }) as const))
    await turn({ do: 'unsubscribe', tag, topic: topics[1]! }, { do: 'unsubscribe', tag, topic: topics[4]! })
    await turn(...topics.map(topic => publish(topic, topic)))
    expect(await only(stage, raw, tag)).toEqual([topics[0]!, topics[2]!, topics[3]!])
    drop({ raw })
  })

  test('sent and published frames of any size arrive in the order of the calls', async () => {
    const [first, second] = [stage.tag(), stage.tag()]
    const { raw, tag } = await stage.link(`topic=${first}`)
    await turn({ do: 'subscribe', tag, topic: second })
    const texts = Array.from(
      { length: 60 },
      (_, i) => `${i}:${'z'.repeat([0, 200, 20_000, 300_000][i % 4]!)}`,
    )
    const steps = texts.map((text, i): Command => {
      return i % 3 === 0 ? { do: 'send', tag, text } : publish(i % 3 === 1 ? first : second, text)
    })
    const reading = read(raw, texts.length)
    await turn(...steps.slice(0, 40))
    await turn(...steps.slice(40))
    expect(await reading).toEqual(texts)
    drop({ raw })
  })

  test('what is published in a handler arrives, also at the link that caused it', async () => {
    const topic = stage.tag()
    const links = await Promise.all([stage.link(`topic=${topic}`), stage.link(`topic=${topic}`)])
    links[0].raw.sendText(`publish:${topic}`)
    links[0].raw.sendText('echo:after')
    expect(await read(links[0].raw, 2)).toEqual([`publish:${topic}`, 'after'])
    expect(await read(links[1].raw, 1)).toEqual([`publish:${topic}`])
    drop(...links)
  })

  for (const end of ['close', 'terminate'] as const) {
    test(`what was published before a ${end} is delivered, what comes after it is not`, async () => {
      const topic = stage.tag()
      const links = await Promise.all(Array.from({ length: 20 }, () => stage.link(`topic=${topic}`)))
      const witness = await stage.link(`topic=${topic}`)
      await turn(
        publish(topic, 'before'),
        ...links.map(({ tag }) => ({ do: end, tag, code: 4501 }) as const),
        ...links.map(({ tag }) => ({ do: 'subscribe', tag, topic }) as const),
        publish(topic, 'after'),
      )
      for (const { raw } of links) {
        expect(await texts(raw)).toEqual(['before'])
        expect((await raw.closed).code).toBe(end === 'close' ? 4501 : 1006)
      }
      expect(await read(witness.raw, 2)).toEqual(['before', 'after'])
      drop(witness)
    })
  }

  test('nothing is published to a link that waits for the answer to its close', async () => {
    const topic = stage.tag()
    const { raw, tag } = await stage.link(`topic=${topic}`, { autoClose: false })
    await stage.server.did({ do: 'close', tag, code: 4501 })
    expect((await raw.next()).kind).toBe('close')
    for (const text of ['after', 'l'.repeat(MIB)]) await turn(publish(topic, text))
    expect(await stage.how(tag)).toMatchObject({ code: 4501, by: 'us' })
    await turn(publish(topic, 'after'))
    raw.destroy()
    expect(await texts(raw)).toEqual([])
  })
}

export function slowSubscriberContract(stage: Stage): void {
  const slowCuts = async () => Number((await stage.server.did({ do: 'stats', tag: stage.tag() })).slowCuts)

  test('a slow reader among 200 subscribers is cut and counted, the others get everything', async () => {
    const topic = stage.tag()
    const links = await Promise.all(Array.from({ length: 200 }, () => stage.link(`quiet&topic=${topic}`)))
    const slow = await stage.link(`topic=${topic}`)
    const before = await slowCuts()
    slow.raw.pause()
    const size = 20_000
    const frames = 600
    const reading = Promise.all(links.map(({ raw }) => lengths(raw, frames)))
    for (let sent = 0; sent < frames; sent += 10)
      await stage.server.did({ do: 'publish', topic, tag: topic, size, count: 10 })
    for (const got of await reading) expect(got).toEqual({ frames, bytes: frames * size })
    expect(await stage.how(slow.tag)).toEqual({ code: 1006, reason: '', by: 'slow' })
    expect((await slowCuts()) - before).toBe(1)
    drop(...links, slow)
  }, 30_000)

  test('so is one whose queue fills from many topics, each with little', async () => {
    const topics = Array.from({ length: 100 }, () => stage.tag())
    const { raw, tag } = await stage.link()
    raw.pause()
    const join = topics.map((topic): Command => ({ do: 'subscribe', tag, topic }))
    await stage.server.did({ do: 'all', tag: stage.tag(), steps: join })
    const steps = topics.map((topic): Command => ({ do: 'publish', topic, size: 1_000 }))
    let worst = 0
    for (let round = 0; round < 200 && stage.server.count('closed', tag) === 0; round++) {
      await stage.server.did({ do: 'all', tag: topics[0]!, steps })
      worst = Math.max(worst, Number((await stage.server.did({ do: 'stats', tag })).queued))
    }
    expect(await stage.how(tag)).toMatchObject({ by: 'slow' })
    expect(worst).toBeLessThanOrEqual(1.5 * MIB)
    raw.destroy()
  })

  test('what is published in one turn is judged by itself, with no later publish to tell', async () => {
    const topic = stage.tag()
    const { raw, tag } = await stage.link(`topic=${topic}`)
    raw.pause()
    await stage.server.did({ do: 'publish', topic, tag, size: 16_000, count: 2_000 })
    expect(await stage.how(tag)).toMatchObject({ by: 'slow' })
    raw.destroy()
  })

  test('one published frame of 16 MiB is no slow reader, nor are small frames behind it', async () => {
    const topic = stage.tag()
    const { raw, tag } = await stage.link(`topic=${topic}`)
    raw.pause()
    await stage.server.did({ do: 'publish', topic, tag, size: 16 * MIB })
    for (let i = 0; i < 9; i++) await stage.server.did({ do: 'publish', topic, tag, size: 1_000, count: 100 })
    expect(Number((await stage.server.did({ do: 'stats', tag })).queued)).toBeGreaterThan(4 * MIB)
    raw.resume()
    expect(await lengths(raw, 901)).toEqual({ frames: 901, bytes: 16 * MIB + 900_000 })
    expect(stage.server.count('closed', tag)).toBe(0)
    raw.destroy()
  })

  test('more than the cap behind it is', async () => {
    const topic = stage.tag()
    const { raw, tag } = await stage.link(`topic=${topic}`)
    raw.pause()
    await stage.server.did({ do: 'publish', topic, tag, size: 16 * MIB })
    for (let i = 0; i < 14; i++)
      await stage.server.did({ do: 'publish', topic, tag, size: 1_000, count: 100 })
    expect(await stage.how(tag)).toMatchObject({ by: 'slow' })
    raw.destroy()
  })
}

export function fanOutContract(stage: Stage): void {
  test('1,000 links in four topics lose no frame of 100 publishes, some of them in one turn', async () => {
    const topics = Array.from({ length: 4 }, () => stage.tag())
    const links: Awaited<ReturnType<Stage['link']>>[] = []
    while (links.length < 1_000) {
      const more = Array.from({ length: 100 }, (_, i) => stage.link(`quiet&topic=${topics[i % 4]}`))
      links.push(...(await Promise.all(more)))
    }
    const expected = Array.from({ length: 100 }, (_, i) => `${i}:${'f'.repeat(100)}`)
    const reading = Promise.all(links.map(({ raw }) => read(raw, expected.length)))
    for (let i = 0; i < 100; i += 5) {
      const steps = expected.slice(i, i + 5).flatMap(text => topics.map(topic => publish(topic, text)))
      await stage.server.did({ do: 'all', tag: topics[0]!, steps })
    }
    for (const got of await reading) expect(got).toEqual(expected)
    drop(...links)
  }, 30_000)
}

async function read(raw: RawSocket, count: number): Promise<(string | undefined)[]> {
  const got = []
  while (got.length < count) got.push((await raw.nextOf('text', 15_000)).text)
  return got
}

async function lengths(raw: RawSocket, count: number): Promise<{ frames: number; bytes: number }> {
  let bytes = 0
  for (let i = 0; i < count; i++) bytes += (await raw.nextOf('text', 15_000)).payload.length
  return { frames: count, bytes }
}

/** What it got up to now: an answer of the server comes after it. */
async function only(stage: Stage, raw: RawSocket, tag: string): Promise<(string | undefined)[]> {
  stage.server.command({ do: 'send', tag, text: 'end of test' })
  const got = []
  for (;;) {
    const { text } = await raw.nextOf('text')
    if (text === 'end of test') return got
    got.push(text)
  }
}

async function texts(raw: RawSocket): Promise<(string | undefined)[]> {
  const got = []
  for await (const frame of raw) if (frame.kind === 'text') got.push(frame.text)
  return got
}

function drop(...links: readonly { raw: RawSocket }[]): void {
  for (const { raw } of links) raw.destroy()
}
