// Any history of a server, cut anywhere: in the end every watch shows exactly what the server has, and what its listener
// was told adds up to the same. PROPERTY_RUNS raises the number of runs.

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Stage, strike } from '../../test/support/client-stage.ts'
import { settle } from '../../test/support/fake-place.ts'
import type { Known } from '../../test/support/fake-presence.ts'
import type { Member, Watch, WatchScope } from './types.ts'

const RUNS = Math.ceil(Number(process.env.PROPERTY_RUNS ?? 1_000) / 4)
const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const SCOPES: readonly WatchScope[] = [
  'all',
  { group: 'x' },
  { group: 'y' },
  ['a', 'b', 'c', 'd', 'never'],
  ['d', 'e'],
]

type Deed =
  | { readonly do: 'change'; readonly member: string; readonly known: Known }
  | { readonly do: 'watch' | 'close'; readonly scope: number }
  | { readonly do: 'pump'; readonly frames: number }
  | { readonly do: 'tell' | 'cut' | 'restart' | 'wake' }

const known: fc.Arbitrary<Known> = fc.record({
  state: fc.constantFrom('online', 'away', 'offline'),
  groups: fc.subarray(['x', 'y']),
})
const scope = fc.nat(SCOPES.length - 1)
const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('change' as const), member: fc.constantFrom(...IDS), known }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('watch' as const, 'close' as const), scope }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('pump' as const), frames: fc.integer({ min: 1, max: 12 }) }),
  },
  { weight: 3, arbitrary: fc.constant<Deed>({ do: 'tell' }) },
  { weight: 2, arbitrary: fc.constant<Deed>({ do: 'cut' }) },
  { weight: 1, arbitrary: fc.constantFrom<Deed>({ do: 'restart' }, { do: 'wake' }) },
)

const present = { state: 'online', groups: ['x'] } as const
const prelude: readonly Deed[] = [
  ...IDS.map((member): Deed => ({ do: 'change', member, known: present })),
  { do: 'watch', scope: 0 },
  { do: 'watch', scope: 1 },
]
const story = fc
  .tuple(fc.boolean(), fc.array(deed, { minLength: 1, maxLength: 80, size: 'max' }))
  .map(([begun, deeds]) => [...(begun ? prelude : []), ...deeds])

/** A watch, and what its listener made of all it was told. */
class Watcher {
  readonly watch: Watch
  readonly heard: Map<string, Member>
  #wasWhole = false

  constructor(stage: Stage, scope: WatchScope) {
    this.watch = stage.client.watch(scope) as Watch
    this.heard = new Map(this.watch.view.members)
    this.#wasWhole = this.watch.view.whole
    this.watch.subscribe((view, changed) => {
      for (const { gone, ...entry } of changed) {
        if (gone) this.heard.delete(entry.member)
        else this.heard.set(entry.member, entry)
      }
      expect([...this.heard.keys()].sort()).toEqual([...view.members.keys()].sort())
      // the old list stands until a new one is whole
      expect(view.whole || !this.#wasWhole).toBe(true)
      this.#wasWhole = view.whole
    })
  }
}

test('every watch ends with what the server has', async () => {
  let resumed = 0
  await fc.assert(
    fc.asyncProperty(story, async deeds => {
      const stage = new Stage({ idleAfter: false })
      const { server } = stage
      await stage.place.advance(0)
      server.manual = true
      const watchers = new Map<number, Watcher>()
      for (const what of deeds) {
        await happen(stage, watchers, what)
        await settle()
      }
      await comeBack(stage)
      for (let round = 0; round < 3; round++) {
        server.tell(stage.line)
        server.pump(stage.line)
        await settle()
      }
      for (const [index, { watch, heard }] of watchers) {
        const expected = truth(stage, SCOPES[index]!)
        expect([SCOPES[index], watch.view.whole, new Map(watch.view.members)]).toEqual([
          SCOPES[index],
          true,
          expected,
        ])
        expect(heard).toEqual(expected)
      }
      expect(stage.codes()).toEqual([])
      resumed += stage.way.lines.filter(line =>
        line.sent.some(({ t, cursor }) => t === 'watch' && cursor),
      ).length
      expect(await strike()).toEqual({ timers: 0, listeners: 0, lines: 0, locks: 0 })
    }),
    { numRuns: RUNS },
  )
  expect(resumed).toBeGreaterThan(RUNS / 10)
})

async function happen(stage: Stage, watchers: Map<number, Watcher>, what: Deed): Promise<void> {
  const { server, line } = stage
  if (what.do === 'change') server.change(what.member, what.known)
  else if (what.do === 'tell') server.tell(line)
  else if (what.do === 'pump') server.pump(line, what.frames)
  else if (what.do === 'wake') await stage.place.tell('wake')
  else if (what.do === 'watch') {
    if (!watchers.has(what.scope)) watchers.set(what.scope, new Watcher(stage, SCOPES[what.scope]!))
  } else if (what.do === 'close') {
    watchers.get(what.scope)?.watch.close()
    watchers.delete(what.scope)
  } else {
    if (what.do === 'restart') server.run++
    await stage.cut()
    await comeBack(stage)
  }
}

/** Online again, with nothing told yet but the greeting. */
async function comeBack({ client, place, server, way }: Stage): Promise<void> {
  for (let tries = 0; client.state !== 'online'; tries++) {
    if (tries > 60) throw new Error(`it does not come back: ${client.state}`)
    await place.advance(client.state === 'waiting' ? (place.next ?? 0) : 0)
    server.pump(way.line, 1)
    await settle()
  }
}

function truth({ server }: Stage, scope: WatchScope): Map<string, Member> {
  if (scope === 'all') return server.list('all')
  if ('group' in scope) return server.list('group', `${scope.group}`)
  const ids = scope as readonly string[]
  return new Map(ids.map(id => [id, server.entry(id)]))
}
