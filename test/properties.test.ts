// Random sequences of events with random stalls, judged by a naive model. PROPERTY_RUNS raises the number of runs;
// a failure prints its seed, and PROPERTY_SEED plays it again.

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { SessionChange, Status } from '../src/core/change.ts'
import { makeTerms, type Terms } from '../src/core/terms.ts'
import { Model } from './support/scenario-model.ts'

const RUNS = Number(process.env.PROPERTY_RUNS ?? 1_000)
const parameters = {
  numRuns: RUNS,
  ...(process.env.PROPERTY_SEED !== undefined && { seed: Number(process.env.PROPERTY_SEED) }),
}

const fast = { interval: 2_000, timeout: 1_000, grace: 2_000 }
const TERMS: readonly Terms[] = [
  makeTerms('native', fast),
  makeTerms('native', { interval: 400, timeout: 300, grace: 900 }, { cachedGrace: 3_000, awayAfter: 700 }),
  makeTerms('native', fast, { policy: 'newest', suspectAfter: 0 }),
  makeTerms('native', fast, { policy: 'oldest', closeGrace: 0 }),
  makeTerms('native', fast, { evidence: 'beat', cachedGrace: 4_000, awayAfter: 1_000 }),
  makeTerms('native', fast, { probe: false, cachedGrace: 4_000, awayAfter: 1_000 }),
  makeTerms('uid', fast, { silenceGrace: 0, closeGrace: 700 }),
  makeTerms('members', fast, { silenceGrace: 0, onSilence: 'keep', supersede: true }),
  makeTerms('gateway', fast, { judged: false, closeGrace: 600 }),
  makeTerms('quick', { interval: 1, timeout: 1, grace: 1 }),
]

/** As said; `until` counts from now. */
const STATUSES: readonly (Status | null)[] = [
  null,
  { visibility: 'shown', text: null, until: null },
  { visibility: 'shown', text: 'x', until: null },
  { visibility: 'shown', text: 'y', until: 2_500 },
  { visibility: 'hidden', text: null, until: null },
  { visibility: 'hidden', text: 'z', until: 1_500 },
  { visibility: 'hidden', text: null, until: 0 },
]

/** `who` picks an open session, as far as there is one. */
const who = fc.nat(7)
const command = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('begin'), fc.nat(4), fc.nat(TERMS.length - 1), fc.nat(7)) },
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom('beat', 'frame', 'control'), who) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('closed', 'cached', 'lost'), who) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('hide', 'show', 'end', 'update'), who) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('enter', 'exit'), who, fc.nat(3)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('status', 'type'), who, fc.nat(STATUSES.length - 1)) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constantFrom('api enter', 'api exit', 'api status', 'api type'),
      fc.nat(5),
      fc.nat(STATUSES.length - 1),
    ),
  },
  { weight: 6, arbitrary: fc.tuple(fc.constant('advance'), fc.integer({ min: 1, max: 3_000 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('stall'), fc.integer({ min: 1, max: 40_000 })) },
)
/** `who` of a begin: one of four instances, 0 being none; from 4 on nobody is at it. */
type Step = readonly [what: string, n: number, terms?: number, who?: number]

function play(model: Model, steps: readonly Step[]): void {
  let epoch = 0
  for (const [what, n, terms = 0, who = 0] of steps) {
    const session = model.sessions.at(n % Math.max(1, model.sessions.length))
    if (what === 'advance') model.advance(n)
    else if (what === 'stall') model.stall(n)
    else if (what === 'begin')
      model.begin(`m${n}`, who % 4 === 0 ? null : `i${who % 4}`, ++epoch, TERMS[terms]!, who > 3)
    else if (what.startsWith('api ')) model.api(`m${n}`, changeOf(what.slice(4), terms, model.now))
    else if (session === undefined) continue
    else if (what === 'enter' || what === 'exit') model.move(session, what, `g${terms}`)
    else if (what === 'status' || what === 'type')
      model.update(session, changeOf(what, terms, model.now).details!)
    else if (what === 'beat' || what === 'frame' || what === 'control') model.evidence(session, what)
    else if (what === 'closed' || what === 'cached' || what === 'lost') model.broke(session, what)
    else if (what === 'hide' || what === 'show') model.see(session, what)
    else if (what === 'end') model.end(session)
    else model.update(session, { name: `name ${epoch}` })
  }
  model.advance(6_000)
}

function changeOf(
  what: string,
  n: number,
  now: number,
): Pick<SessionChange, 'kind' | 'details' | 'membership'> {
  if (what === 'enter' || what === 'exit')
    return { kind: what, details: null, membership: { group: `g${n}`, until: null } }
  if (what === 'type') return { kind: 'update', details: { type: `t${n}` }, membership: null }
  const said = STATUSES[n]!
  const status = said?.until == null ? said : { ...said, until: now + said.until }
  return { kind: 'update', details: { status }, membership: null }
}

// fast-check shrinks a failure and its error names the seed
function holds(start: number, least: number): void {
  fc.assert(
    fc.property(fc.array(command, { minLength: 5, maxLength: 80, size: 'max' }), steps => {
      const model = new Model(start, least)
      play(model, steps as readonly Step[])
      expect(model.complaints).toEqual([])
    }),
    parameters,
  )
}

test('the bound holds both ways, nothing ends twice, and all counts, groups and views are right', () => {
  holds(0, Number.POSITIVE_INFINITY)
})

test('so it does after ten years of uptime', () => {
  holds(315_576_000_077, Number.POSITIVE_INFINITY)
})

test('a breaker that trips at three silent breaks none of it', () => {
  holds(5_000, 3)
})
