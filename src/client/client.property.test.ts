// Anything that may happen to a page, its network, its server and its tokens, in any order: once all is well again the
// client is online, or has said why it is closed, with one timer and one connection. PROPERTY_RUNS raises the number of runs.

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Stage, strike } from '../../test/support/client-stage.ts'
import { settle } from '../../test/support/fake-place.ts'
import type { Signal } from './host.ts'
import { Unauthorized } from './types.ts'

const RUNS = Math.ceil(Number(process.env.PROPERTY_RUNS ?? 1_000) / 4)

type Deed =
  | { readonly do: 'signal'; readonly signal: Signal }
  | { readonly do: 'pass' | 'freeze' | 'jump'; readonly ms: number }
  | { readonly do: 'cut'; readonly code: number }
  | { readonly do: 'token'; readonly how: 'given' | 'late' | 'thrown' | 'never' | 'nobody' }
  | { readonly do: 'mute' | 'speak' | 'move' | 'forget' | 'break' | 'mend' | 'say' | 'leave' | 'connect' }

const SIGNALS: readonly Signal[] = [
  ...(['hidden', 'visible', 'active', 'wake', 'online', 'offline', 'cached', 'restored', 'leaving'] as const),
]
const spell = fc.oneof(fc.nat(500), fc.nat(20_000), fc.nat(400_000))
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...SIGNALS).map((signal): Deed => ({ do: 'signal', signal })) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: spell }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('freeze' as const), ms: spell }) },
  { weight: 1, arbitrary: spell.map((ms): Deed => ({ do: 'jump', ms: ms - 200_000 })) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(1001, 1006, 1012, 4401, 4409, 4429).map((code): Deed => ({ do: 'cut', code })),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('given', 'late', 'thrown', 'never').map((how): Deed => ({ do: 'token', how })),
  },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom('mute', 'speak', 'move', 'forget', 'break', 'mend', 'say', 'say')
      .map((what): Deed => ({ do: what })),
  },
)
const last: fc.Arbitrary<Deed> = fc.constantFrom<Deed>(
  { do: 'token', how: 'nobody' },
  { do: 'leave' },
  { do: 'connect' },
  { do: 'cut', code: 4500 },
)
const story = fc
  .tuple(
    fc.array(fc.oneof({ weight: 30, arbitrary: deed }, { weight: 1, arbitrary: last }), {
      maxLength: 50,
      size: 'max',
    }),
  )
  .map(([deeds]) => deeds)

/** A stage whose tokens come as the story says. */
class Chaos {
  how: (Deed & { do: 'token' })['how'] = 'given'
  readonly stage: Stage
  readonly requests = new Set<Promise<unknown>>()
  #given = 0
  #isHidden = false
  #isCached = false

  constructor() {
    this.stage = new Stage({ getToken: () => this.#token() })
    this.stage.server.tokenLife = 120_000
    for (const scope of ['all', { group: 'g' }, ['a', 'b']] as const) this.stage.client.watch(scope)
  }

  async happen(what: Deed): Promise<void> {
    const { client, place, server, way } = this.stage
    if (what.do === 'signal') await this.#signal(what.signal)
    else if (what.do === 'pass') await place.advance(what.ms)
    else if (what.do === 'freeze') await place.freeze(what.ms)
    else if (what.do === 'jump') place.jump(what.ms)
    else if (what.do === 'cut') way.lines.at(-1)?.cut(what.code)
    else if (what.do === 'token') this.how = what.how
    else if (what.do === 'mute' || what.do === 'speak') server.mute = what.do === 'mute'
    else if (what.do === 'move') way.lines.at(-1)?.says({ t: 'moved', retryAfter: { min: 100, max: 9_000 } })
    else if (what.do === 'forget') server.forget()
    else if (what.do === 'break') way.fault = new Error('no way')
    else if (what.do === 'mend') way.fault = null
    else if (what.do === 'leave' || what.do === 'connect') client[what.do]()
    else this.#say()
    await settle()
  }

  /** All is well again, for long enough. */
  async calm(): Promise<void> {
    const { place, server, way } = this.stage
    this.how = 'given'
    server.mute = false
    way.fault = null
    // no signal but what ends a signal: the rest is up to the client's own timers
    if (this.#isCached) await place.tell('restored')
    if (this.#isHidden) await place.tell('visible')
    // the longest wait is of a token that never came, then of a try, then of a window
    await place.advance(120_000)
  }

  async #signal(signal: Signal): Promise<void> {
    if (signal === 'hidden' || signal === 'visible') this.#isHidden = signal === 'hidden'
    if (signal === 'cached' || signal === 'restored') this.#isCached = signal === 'cached'
    await this.stage.place.tell(signal)
  }

  #say(): void {
    const { client } = this.stage
    client.send(1)
    client.enter('g')
    client.setStatus({ text: 'here' })
    for (const request of [client.ask(['a', 'b', 'c', 'd']), client.deliver(2)]) {
      const settled = request.catch(() => {}).finally(() => this.requests.delete(settled))
      this.requests.add(settled)
    }
  }

  #token(): string | Promise<string> {
    const { how } = this
    if (how === 'thrown') throw new Error('no network')
    if (how === 'nobody') return Promise.reject(new Unauthorized())
    if (how === 'never') return new Promise(() => {})
    const token = `t${++this.#given}`
    if (how === 'given') return token
    return new Promise(give => this.stage.place.after(2_000, () => give(token)))
  }
}

const SAID = ['leave', 'refused', 'conflict', 'unauthorized']

test('once all is well it is online, or has said why not', async () => {
  const ends = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(story, async deeds => {
      const chaos = new Chaos()
      const { client, changes, place, way } = chaos.stage
      for (const what of deeds) {
        await chaos.happen(what)
        expect(way.living).toBeLessThanOrEqual(2)
      }
      await chaos.calm()
      const end = client.state === 'closed' ? `closed ${changes.at(-1)!.reason}` : client.state
      ends.set(end, (ends.get(end) ?? 0) + 1)
      expect(['online', ...SAID.map(reason => `closed ${reason}`)]).toContain(end)
      for (const [index, { from }] of changes.entries())
        expect(from).toBe(index === 0 ? 'idle' : changes[index - 1]!.to)
      expect([way.living, chaos.requests.size]).toEqual([client.state === 'online' ? 1 : 0, 0])
      expect(place.timers).toBeLessThanOrEqual(1)
      expect(await strike()).toEqual({ timers: 0, listeners: 0, lines: 0, locks: 0 })
    }),
    { numRuns: RUNS },
  )
  expect(ends.get('online')).toBeGreaterThan(RUNS / 2)
})
