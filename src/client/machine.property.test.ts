// Laws of the machine over whatever may happen to a client, in any order. PROPERTY_RUNS raises the number of runs.

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Happening, MachineWorld } from '../../test/support/machine-world.ts'

const RUNS = Number(process.env.PROPERTY_RUNS ?? 1_000)

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const spell = fc.oneof(fc.nat(2_000), fc.nat(30_000), fc.nat(600_000))
const codes = [
  1000, 1001, 1005, 1006, 1011, 1012, 4401, 4401, 4408, 4409, 4409, 4429, 4500, 4502, 4999, 3999, 5000,
]
const window = fc.tuple(fc.nat(20_000), fc.nat(20_000)).map(([min, more]) => ({ min, max: min + more }))
const timing = { interval: fc.constantFrom(2_000, 10_000, 60_000), timeout: fc.constantFrom(1_000, 5_000) }

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('hidden', 'visible', 'wake', 'online', 'offline', 'cached', 'restored')
      .map(type => ({ type }) as Happening),
  },
  { weight: 1, arbitrary: fc.constantFrom<Happening>({ type: 'connect' }, { type: 'leave' }) },
  { weight: 4, arbitrary: spell.map(ms => ({ type: 'silence' as const, ms })) },
  { weight: 2, arbitrary: fc.nat(10_000).map(ms => ({ type: 'late' as const, ms })) },
  {
    weight: 4,
    arbitrary: fc
      .record({ ...timing, always: fc.boolean() })
      .map(more => ({ type: 'welcome' as const, ...more })),
  },
  { weight: 4, arbitrary: fc.boolean().map(beat => ({ type: 'heard' as const, beat })) },
  { weight: 1, arbitrary: window.map(window => ({ type: 'moved' as const, window })) },
  { weight: 3, arbitrary: fc.constantFrom(...codes).map(code => ({ type: 'closed' as const, code })) },
  { weight: 1, arbitrary: fc.boolean().map(final => ({ type: 'denied' as const, final })) },
)

const story = fc.array(fc.tuple(happening, chance), { minLength: 1, maxLength: 60 })

/** What chance alone comes to too seldom. */
const RARE: readonly Happening[][] = [
  [
    { type: 'closed', code: 4409 },
    { type: 'silence', ms: 300 },
    { type: 'closed', code: 4409 },
  ],
  [{ type: 'cached' }, { type: 'restored' }],
]

test('the laws hold whatever happens', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(story, events => {
      const world = new MachineWorld()
      world.give({ type: 'connect' })
      for (const [what, luck] of events) world.happen(what, luck)
      for (const [index, { from }] of world.changes.entries())
        expect(from).toBe(index === 0 ? 'idle' : world.changes[index - 1]!.to)
      for (const { to, reason } of world.changes) seen.add(`${to} ${reason}`)
    }),
    { numRuns: RUNS, examples: RARE.map(events => [events.map(event => [event, 0.5])]) },
  )
  // stories that reach nothing prove nothing
  const reached = [
    'closed conflict',
    'closed leave',
    'closed refused',
    'closed unauthorized',
    'connecting connect',
    'connecting restored',
    'connecting retry',
    'connecting silence',
    'connecting wake',
    'idle cached',
    'online answer',
    'online welcome',
    'probing wake',
    'waiting conflict',
    'waiting lost',
    'waiting moved',
    'waiting timeout',
    'waiting token',
  ]
  if (RUNS >= 1_000) expect(reached.filter(way => !seen.has(way))).toEqual([])
})

test('left alone, it connects, waits and tries for ever', () => {
  fc.assert(
    fc.property(story, chance, (events, luck) => {
      const world = new MachineWorld()
      world.give({ type: 'connect' })
      for (const [what, luck] of events) world.happen(what, luck)
      const { state } = world.machine
      if (state === 'closed' || state === 'idle') return
      world.happen({ type: 'visible' }, luck)
      const tries = world.changes.length
      // nobody answers: within the longest window, the longest wait and two silences there is a try
      world.happen({ type: 'silence', ms: 40_000 + 90_000 + 2 * 65_000 }, luck)
      expect(
        world.changes.slice(tries).some(({ to }) => to === 'connecting') ||
          world.machine.state === 'connecting',
      ).toBe(true)
    }),
    { numRuns: RUNS },
  )
})

test('each wait is within its bounds', () => {
  fc.assert(
    fc.property(story, chance, (events, luck) => {
      const world = new MachineWorld()
      world.give({ type: 'connect' })
      for (const [what] of events) {
        const told = world.changes.length
        const { window, hiddenAt } = world.machine
        world.happen(what, luck)
        const change = what.type === 'closed' ? world.changes[told] : undefined
        if (change?.to !== 'waiting' || change.reason === 'conflict' || change.retryIn === 250) continue
        const { retryIn, attempt } = change
        const [least, most] =
          window !== null
            ? [window.min, window.max]
            : world.at - hiddenAt >= 30_000
              ? [60_000, 75_000]
              : [250, Math.max(250, Math.min(30_000, 1_000 * 2 ** attempt))]
        expect(retryIn).toBeGreaterThanOrEqual(least)
        expect(retryIn).toBeLessThanOrEqual(most)
      }
    }),
    { numRuns: RUNS },
  )
})
