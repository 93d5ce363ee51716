// However often the sender dies, and at whatever point: nothing is lost, what a receiver hears of a member for the first
// time it hears in order, and no two messages that differ have one id, nor has one message two.

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { FakeLog, settled, stubTransition } from '../../test/support/fake-log.ts'
import { answer, webhookStage } from '../../test/support/fake-receiver.ts'
import type { Transition } from '../core/transition.ts'
import { MemoryNotebook } from '../stores/embedded/memory-notebook.ts'
import type { Notebook } from '../stores/notebook.ts'
import type { Endpoints } from './endpoint.ts'

type Act =
  | { readonly do: 'tell'; readonly members: readonly number[] }
  | { readonly do: 'flood'; readonly count: number }
  | { readonly do: 'fail'; readonly times: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'settle' }
  | { readonly do: 'stop' }
  | { readonly do: 'resume' }
  /** `turns`: how far what is under way gets before the end. */
  | { readonly do: 'crash'; readonly turns: number }

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof<fc.MaybeWeightedArbitrary<Act>[]>(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('tell' as const), members: members() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('flood' as const), count: fc.nat(1_300) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('fail' as const), times: fc.integer({ min: 1, max: 3 }) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(10_000) }) },
    { weight: 2, arbitrary: fc.constantFrom<Act>({ do: 'settle' }, { do: 'stop' }, { do: 'resume' }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('crash' as const), turns: fc.nat(30) }) },
  ),
  { minLength: 1, maxLength: 25 },
)

function members() {
  return fc.array(fc.nat(4), { minLength: 1, maxLength: 6 })
}

/** A notebook of a process: after its end nothing is written any more, and what it was about to write is lost. */
class Mortal implements Notebook {
  alive = true
  readonly #kept: MemoryNotebook
  constructor(kept: MemoryNotebook) {
    this.#kept = kept
  }
  get: Notebook['get'] = (...asked) => this.#kept.get(...asked)
  delete: Notebook['delete'] = (...asked) => this.#kept.delete(...asked)
  scan: Notebook['scan'] = (...asked) => this.#kept.scan(...asked)
  put: Notebook['put'] = async (...note) => {
    for (let i = 0; i < 3; i++) await null
    if (!this.alive) return new Promise<void>(() => undefined)
    return this.#kept.put(...note)
  }
}

interface Life extends Omit<ReturnType<typeof webhookStage>, 'notebook'> {
  readonly notebook: Mortal
  readonly endpoints: Endpoints
}

class World {
  readonly log = new FakeLog()
  readonly kept = new MemoryNotebook()
  readonly heard: string[] = []
  /** Bodies by their ids. */
  readonly bodies = new Map<string, string>()
  #life!: Life

  async begin(group: string | null): Promise<void> {
    const notebook = new Mortal(this.kept)
    const stage = webhookStage({ log: this.log, notebook })
    const { post } = stage.receiver
    stage.receiver.post = async (headers, body, signal) => {
      if (!notebook.alive) return new Promise(() => undefined)
      const answered = await post(headers, body, signal)
      const { text } = stage.receiver.messages.at(-1)!
      const id = headers['webhook-id']!
      expect(this.bodies.get(id) ?? text).toBe(text)
      this.bodies.set(id, text)
      const taken = answered.status === 200
      // what it took it has, whether or not anybody lives to hear of it
      if (taken) this.heard.push(...stage.receiver.messages.at(-1)!.ids)
      return notebook.alive ? answered : new Promise(() => undefined)
    }
    const endpoints = await stage.open({ group })
    this.#life = { ...stage, notebook, endpoints }
  }

  tell(which: readonly number[]): void {
    for (const one of which) this.log.told.push(this.#next(one, this.log.told.length + 1))
    this.log.tell()
  }

  async act(act: Act, group: string | null): Promise<void> {
    const { receiver, time, notebook, endpoints } = this.#life
    if (act.do === 'tell') this.tell(act.members)
    else if (act.do === 'flood') this.tell(Array.from({ length: act.count }, (_, i) => i % 5))
    else if (act.do === 'fail') receiver.answers.push(...Array.from({ length: act.times }, () => answer(503)))
    else if (act.do === 'pass') await time.pass(act.ms)
    else if (act.do === 'settle') await settled()
    else if (act.do === 'resume') await endpoints.resume('backend')
    else {
      if (act.do === 'stop') await endpoints.stop()
      else for (let i = 0; i < act.turns; i++) await null
      notebook.alive = false
      await this.begin(group)
    }
  }

  async end(): Promise<void> {
    this.#life.receiver.answers.length = 0
    await this.#life.time.pass(3_600_000)
  }

  // members 0 and 1 are in the group while they are here
  #next(one: number, version: number): Transition {
    const before = this.log.told.findLast(({ member }) => member === `m${one}`)
    const isIn = before?.kind === 'join'
    return stubTransition({
      version,
      member: `m${one}`,
      previous: before?.version ?? 0,
      kind: isIn ? 'leave' : 'join',
      groups: !isIn && one < 2 ? ['vip'] : [],
    })
  }
}

test.each([null, 'vip'])(
  'nothing is lost and the order of each member is kept (group %p)',
  async group => {
    await fc.assert(
      fc.asyncProperty(acts, async script => {
        const world = new World()
        await world.begin(group)
        for (const act of script) await world.act(act, group)
        await world.end()
        expect(new Set(world.bodies.values()).size).toBe(world.bodies.size)
        const told = world.log.told.filter(({ member }) => group === null || member < 'm2')
        const first = [...new Set(world.heard)]
        for (const member of ['m0', 'm1', 'm2', 'm3', 'm4'])
          expect(first.filter(id => id.startsWith(`${member}:`))).toEqual(
            told.filter(one => one.member === member).map(({ version }) => `${member}:${version}`),
          )
      }),
      { numRuns: 120 },
    )
  },
  60_000,
)
