// The promise of rights: whatever happens, a watcher is told of nobody beyond its right at that moment, and of the others
// what is so.

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { reach } from '../../../test/support/fake-authority.ts'
import { HubStage, plain, type StageWatcher } from '../../../test/support/hub-stage.ts'
import type { WatchRequest } from '../../../test/support/watch-model.ts'
import type { Entry } from '../../protocol/messages.ts'
import { sightOf } from './sight.ts'

const RUNS = Number(process.env.PROPERTY_RUNS ?? 1_000)
const roster = (...members: string[]): WatchRequest => ({ of: 'members', members })

function see(watcher: StageWatcher, members: readonly string[], groups: readonly string[], self: string) {
  watcher.sight = sightOf(reach(members, groups), self)
}

const MEMBERS = ['a', 'b', 'c', 'd']
const op = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('begin' as const), member: fc.constantFrom(...MEMBERS) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('end', 'name', 'hide', 'show' as const), nth: fc.nat(5) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('enter', 'exit' as const),
      nth: fc.nat(5),
      group: fc.constantFrom('g', 'h'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('stand', 'fall' as const),
      member: fc.constantFrom(...MEMBERS),
      group: fc.constantFrom('g', 'h'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('erase' as const), member: fc.constantFrom(...MEMBERS) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('see' as const),
      members: fc.subarray(MEMBERS),
      groups: fc.subarray(['g', 'h']),
      all: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('return' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(0, 100, 700) }),
  },
)

/** A watcher of some members, whose right changes, and which never may hear of one beyond it. */
class Play {
  readonly stage = new HubStage({ guarded: true })
  readonly watcher = this.stage.watcher()
  /** From here on nothing is repeated. */
  #upToDateAt = 0
  readonly #open: { id: number; member: string }[] = []

  constructor() {
    see(this.watcher, ['a'], ['g'], 'd')
    const hear = this.watcher.model.hear.bind(this.watcher.model)
    this.watcher.model.hear = text => {
      const { t, resumed, entries = [] } = JSON.parse(text)
      for (const entry of entries as Entry[]) {
        this.#check(entry)
        if (t === 'snapshot' || resumed) this.#upToDateAt = this.stage.at + 1_000
        else if (this.stage.at > this.#upToDateAt) this.#checkNews(entry)
      }
      hear(text)
    }
    this.stage.watch(this.watcher, roster(...MEMBERS))
  }

  async do(step: typeof op extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
    const { stage, watcher } = this
    const nth = 'nth' in step ? this.#open[step.nth % Math.max(1, this.#open.length)] : undefined
    switch (step.do) {
      case 'begin':
        return void this.#open.push({ id: stage.begin(step.member), member: step.member })
      case 'erase':
        return this.#erase(step.member)
      case 'stand':
        return stage.enter(0, step.group, step.member)
      case 'fall':
        return stage.exit(0, step.group, step.member)
      case 'see':
        see(watcher, step.members, step.groups, 'd')
        if (step.all) watcher.sight = null
        return stage.hub.resighted(watcher)
      case 'return':
        stage.cut(watcher)
        watcher.linked = true
        return stage.watch(watcher, roster(...MEMBERS), watcher.model.lists.get('members')!.cursor && true)
      case 'advance':
        return stage.advance(step.ms)
    }
    if (nth === undefined) return
    if (step.do === 'enter' || step.do === 'exit') return stage[step.do](nth.id, step.group)
    if (step.do === 'name') return stage.change('update', nth.id, { details: { name: `n${step.nth}` } })
    if (step.do === 'end') {
      this.#open.splice(this.#open.indexOf(nth), 1)
      return stage.change('end', nth.id)
    }
    const visibility = step.do === 'hide' ? 'hidden' : 'shown'
    stage.change('update', nth.id, { details: { status: { visibility, text: null, until: null } } })
  }

  #erase(member: string): void {
    for (const session of this.#open.filter(open => open.member === member)) {
      this.stage.change('end', session.id)
      this.#open.splice(this.#open.indexOf(session), 1)
    }
    if (this.stage.store.lookup([member])[0] !== null) this.stage.erase(member)
  }

  async compare(): Promise<void> {
    await this.stage.advance(1_500)
    expect(this.stage.errors).toEqual([])
    const held = this.watcher.model.lists.get('members')!.entries
    const truth = await this.stage.list(roster(...MEMBERS))
    for (const member of MEMBERS) {
      const expected = this.#isSeen(member) ? truth[member] : { member, state: 'unknown' }
      expect<unknown>(plain(held.get(member)!)).toEqual(expected)
    }
  }

  #check(entry: Entry): void {
    if (entry.state !== 'unknown')
      expect([entry.member, this.#isSeen(entry.member)]).toEqual([entry.member, true])
    else expect(entry).toEqual({ member: entry.member, state: 'unknown' })
  }

  // A repeat would be a sign of what goes on beyond the right, or behind the curtain.
  #checkNews(entry: Entry): void {
    const { model, sight } = this.watcher
    const held = model.lists.get('members')!.entries.get(entry.member)
    // one that came and was erased at once
    if (entry.state === 'unknown' && sight === null) return
    expect(entry).not.toEqual(held)
  }

  #isSeen(id: string): boolean {
    const [record] = this.stage.store.lookup([id])
    return record != null && this.watcher.sight?.sees(record) !== false
  }
}

test('at no moment is anybody told of who is beyond their right, and at a quiet one the rest is right', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 5, maxLength: 50 }), async steps => {
      const play = new Play()
      for (const step of steps) await play.do(step)
      await play.compare()
    }),
    { numRuns: RUNS },
  )
}, 300_000)
