// The promise of the hub: whoever applies its frames as the protocol says holds the server's own list at every quiet
// moment, through merged diffs, cut connections, cursors and snapshots that take several turns.

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { HubStage, plain, type StageWatcher } from '../../../test/support/hub-stage.ts'
import { keyOf, type WatchRequest } from '../../../test/support/watch-model.ts'

const RUNS = Number(process.env.PROPERTY_RUNS ?? 1_000)
const MEMBERS = ['a', 'b', 'c', 'd', 'e', 'f']
const GROUPS = ['g', 'h']

const member = fc.constantFrom(...MEMBERS)
const group = fc.constantFrom(...GROUPS)
const suspect = fc.boolean()
const request: fc.Arbitrary<WatchRequest> = fc.oneof(
  fc.record({ of: fc.constant('all' as const), suspect }),
  fc.record({ of: fc.constant('group' as const), group, suspect }),
  fc.record({
    of: fc.constant('members' as const),
    members: fc.uniqueArray(fc.constantFrom(...MEMBERS, 'nobody'), { minLength: 1 }),
    suspect: fc.constant(false),
  }),
)

const ops = (nth: fc.Arbitrary<number>) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('begin' as const), member }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constantFrom('end', 'suspect', 'resume', 'away', 'back' as const),
        nth,
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('enter', 'exit' as const), nth, group }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('stand', 'fall' as const), member, group }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('name' as const), nth, name: fc.constantFrom('x', 'y') }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('status' as const), nth, hidden: fc.boolean() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('erase' as const), member }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('watch' as const), who: fc.nat(2), request }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('unwatch' as const), who: fc.nat(2), request }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const), who: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('return' as const), who: fc.nat(2) }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('turn' as const), count: fc.integer({ min: 1, max: 4 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(100, 600, 1_500) }),
    },
  )
type Op = ReturnType<typeof ops> extends fc.Arbitrary<infer T> ? T : never

/** What is open, and who watches what. */
class Play {
  readonly stage = new HubStage()
  readonly watchers: StageWatcher[] = Array.from({ length: 3 }, () => this.stage.watcher())
  readonly watches: Map<string, WatchRequest>[] = this.watchers.map(() => new Map())
  readonly open: { id: number; member: string; state: string }[] = []

  /** `crowd`: so many members are there already, and in a group. */
  constructor(crowd = 0) {
    for (let n = 0; n < crowd; n++) {
      const member = `crowd ${n}`
      this.open.push({ id: this.stage.begin(member), member, state: 'online' })
      this.stage.enter(n + 1, 'g')
    }
  }

  async do(op: Op): Promise<void> {
    switch (op.do) {
      case 'begin':
        this.open.push({ id: this.stage.begin(op.member), member: op.member, state: 'online' })
        return
      case 'end':
      case 'suspect':
      case 'resume':
      case 'away':
      case 'back':
        return this.#session(op.do, op.nth)
      case 'enter':
      case 'exit': {
        const session = this.open[op.nth % Math.max(1, this.open.length)]
        if (session !== undefined) this.stage[op.do](session.id, op.group)
        return
      }
      case 'stand':
        return this.stage.enter(0, op.group, op.member)
      case 'fall':
        return this.stage.exit(0, op.group, op.member)
      case 'erase':
        return this.#erase(op.member)
      case 'name':
        return this.#describe(op.nth, { name: op.name })
      case 'status':
        return this.#describe(op.nth, {
          status: { visibility: op.hidden ? 'hidden' : 'shown', text: null, until: null },
        })
      case 'watch':
        return this.#watch(op.who, op.request)
      case 'unwatch':
        return this.#unwatch(op.who, op.request)
      case 'cut':
        return this.stage.cut(this.watchers[op.who]!)
      case 'return':
        return this.#return(op.who)
      case 'turn':
        for (let n = 0; n < op.count; n++) await this.stage.turn()
        return
      case 'advance':
        return this.stage.advance(op.ms)
    }
  }

  /** At a quiet moment every whole list is the server's. */
  async compare(): Promise<void> {
    await this.stage.advance(1_500)
    expect(this.stage.errors).toEqual([])
    for (const [who, watcher] of this.watchers.entries()) {
      expect(watcher.model.errors).toEqual([])
      if (!watcher.linked) continue
      for (const [key, wanted] of this.watches[who]!) {
        const list = watcher.model.lists.get(key)!
        const held = Object.fromEntries([...list.entries].sort(([a], [b]) => (a < b ? -1 : 1)))
        const shown = Object.fromEntries(Object.entries(held).map(([id, entry]) => [id, plain(entry)]))
        const whole: Record<string, unknown> = await this.stage.list(wanted)
        expect<unknown>({ who, key, whole: list.whole, shown }).toEqual({
          who,
          key,
          whole: true,
          shown: whole,
        })
      }
    }
  }

  #session(kind: 'end' | 'suspect' | 'resume' | 'away' | 'back', nth: number): void {
    const session = this.open[nth % Math.max(1, this.open.length)]
    if (session === undefined) return
    const from = { end: '', suspect: 'online away', resume: 'suspect', away: 'online', back: 'away' }[kind]
    if (kind !== 'end' && !from.split(' ').includes(session.state)) return
    this.stage.change(kind, session.id)
    if (kind === 'end') this.open.splice(this.open.indexOf(session), 1)
    else session.state = kind === 'suspect' || kind === 'away' ? kind : 'online'
  }

  #erase(member: string): void {
    for (const session of this.open.filter(open => open.member === member)) {
      this.stage.change('end', session.id)
      this.open.splice(this.open.indexOf(session), 1)
    }
    if (this.stage.store.lookup([member])[0] !== null) this.stage.erase(member)
  }

  #describe(nth: number, details: object): void {
    const session = this.open[nth % Math.max(1, this.open.length)]
    if (session !== undefined) this.stage.change('update', session.id, { details })
  }

  #watch(who: number, asked: WatchRequest): void {
    const watcher = this.watchers[who]!
    if (!watcher.linked) return
    const watches = this.watches[who]!
    const key = keyOf(asked.of, asked.group)
    const before = watches.get(key)
    // ids add up, and the last flag holds for all of them
    const members = [...new Set([...(before?.members ?? []), ...(asked.members ?? [])])]
    watches.set(key, asked.of === 'members' ? { ...asked, members } : asked)
    this.stage.watch(watcher, asked)
  }

  #unwatch(who: number, asked: WatchRequest): void {
    const watcher = this.watchers[who]!
    if (!watcher.linked || asked.of === 'members') return
    this.watches[who]!.delete(keyOf(asked.of, asked.group))
    this.stage.unwatch(watcher, asked)
  }

  #return(who: number): void {
    const watcher = this.watchers[who]!
    if (watcher.linked) return
    watcher.linked = true
    for (const [key, wanted] of this.watches[who]!) {
      const { cursor, entries } = watcher.model.lists.get(key)!
      // a cursor speaks for those ids only that have an answer
      const whole = (wanted.members ?? []).every(id => entries.has(id))
      this.stage.watch(watcher, wanted, cursor !== null && whole ? true : null)
    }
  }
}

async function plays(steps: readonly Op[], crowd: number): Promise<void> {
  const play = new Play(crowd)
  for (const step of steps) await play.do(step)
  await play.compare()
  // and goes on doing so
  for (const [who] of play.watchers.entries()) await play.do({ do: 'return', who })
  await play.do({ do: 'begin', member: 'a' })
  await play.compare()
}

test('a watcher that applies what it is told holds the server’s own list', async () => {
  const steps = fc.array(ops(fc.nat(7)), { minLength: 5, maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(steps, each => plays(each, 0)),
    { numRuns: RUNS },
  )
}, 300_000)

test('also where lists take several turns', async () => {
  const steps = fc.array(ops(fc.nat(2_000)), { minLength: 5, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(steps, each => plays(each, 1_100)),
    { numRuns: RUNS / 20 },
  )
}, 300_000)
