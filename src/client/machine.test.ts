// The machine case by case: what is waited for and for how long, what a signal does and what it does not.

import { expect, test } from 'bun:test'
import { MachineWorld } from '../../test/support/machine-world.ts'
import type { Input } from './machine.ts'

const WELCOME = { type: 'welcome', interval: 10_000, timeout: 5_000, always: false } as const
const BEAT: Input = { type: 'heard', beat: true }

/** A client at the begin, given these one after another. */
function world(...inputs: readonly (Input | number)[]): MachineWorld {
  const made = new MachineWorld()
  made.give({ type: 'connect' })
  return then(made, ...inputs)
}

/** Numbers are ms that pass. */
function then(made: MachineWorld, ...inputs: readonly (Input | number)[]): MachineWorld {
  for (const input of inputs) {
    if (typeof input === 'number') made.happen({ type: 'silence', ms: input }, 0.5)
    else made.give(input)
  }
  return made
}

const path = ({ changes }: MachineWorld) => changes.map(({ to, reason }) => `${to} ${reason}`)
const state = ({ machine }: MachineWorld) => machine.state
const effects = ({ last }: MachineWorld) => [...last!.effects]

/** Beats and answers for a while, as on a good line. */
function lively(made: MachineWorld, ms: number): MachineWorld {
  for (const end = made.at + ms; made.at < end; ) {
    made.happen({ type: 'silence', ms: Math.min(8_000, end - made.at) }, 0.5)
    made.give(BEAT)
  }
  return made
}

/** So many tries that fail at once. */
function failing(tries: number): MachineWorld {
  const made = world()
  for (let failed = 0; failed < tries; failed++) {
    then(made, { type: 'closed', code: 1006 })
    made.happen({ type: 'late', ms: 0 }, 0.5)
  }
  return made
}

test('it connects, is greeted and beats every 0.8 x I', () => {
  const made = world(200, WELCOME)
  expect(path(made)).toEqual(['connecting connect', 'online welcome'])
  const greeted = made.at
  expect(made.machine.due).toBe(greeted + 8_000)
  then(made, 8_000)
  expect(effects(made)).toEqual(['beat'])
  expect(made.machine.due).toBe(greeted + 15_000)
  then(made, 50, BEAT)
  expect(made.machine.due).toBe(greeted + 16_000)
})

test('without a welcome it gives up after 10 s', () => {
  const made = world()
  expect(made.machine.due).toBe(made.at + 10_000)
  then(made, 10_000)
  expect(path(made)).toEqual(['connecting connect', 'waiting timeout'])
  expect(effects(made)).toEqual(['drop'])
})

test('a visible client notices silence within I + T of the last frame, and opens anew at once', () => {
  const made = lively(world(WELCOME), 40_000)
  const heard = made.at
  then(made, 14_999)
  expect(state(made)).toBe('online')
  then(made, 1)
  expect([state(made), made.at - heard, effects(made)]).toEqual(['connecting', 15_000, ['open']])
  expect(path(made).at(-1)).toBe('connecting silence')
})

test('any frame proves life, only the answer to a beat proves use', () => {
  const made = world(WELCOME, 8_000, { type: 'heard', beat: false }, 8_000, { type: 'heard', beat: false })
  expect(state(made)).toBe('online')
  then(made, { type: 'closed', code: 1006 })
  expect(made.changes.at(-1)!.attempt).toBe(1)
})

test.each([
  [9_999, true, 4],
  [10_000, true, 0],
  [60_000, false, 4],
])('online for %d ms, a beat answered: %p, then broken: %d tries failed', (ms, answered, attempt) => {
  const made = failing(3)
  then(made, { ...WELCOME, interval: 100_000 })
  if (answered) then(made, BEAT)
  then(made, ms, { type: 'closed', code: 1006 })
  expect(made.changes.at(-1)).toMatchObject({ to: 'waiting', attempt })
})

test.each([
  [0, 0, 250],
  [0, 0.999_999, 2_000],
  [3, 0.5, 8_000],
  [4, 0.999_999, 30_000],
  [40, 0.5, 15_000],
])('after %d failed tries and by the chance %d it waits %d ms', (tries, chance, ms) => {
  const made = failing(tries)
  made.give({ type: 'closed', code: 1006 }, chance)
  expect(made.changes.at(-1)!.retryIn).toBe(ms)
})

test.each([1000, 4500, 4501, 4502, 4510, 4511, 4999])('%d ends it', code => {
  const made = world(WELCOME, { type: 'closed', code }, 3_600_000, { type: 'wake' }, { type: 'online' })
  expect([state(made), made.changes.at(-1)!.reason, made.changes.at(-1)!.code]).toEqual([
    'closed',
    'refused',
    code,
  ])
  then(made, { type: 'connect' })
  expect(state(made)).toBe('connecting')
})

test.each([1001, 1005, 1006, 1011, 1012, 3999, 4000, 4408, 4429, 4499, 5000])('%d does not end it', code => {
  const made = world(WELCOME, { type: 'closed', code })
  expect(path(made).at(-1)).toBe('waiting lost')
})

test('4409: a new instance and one more try, then never again until a welcome', () => {
  const made = world({ type: 'closed', code: 4409 })
  expect([effects(made), made.changes.at(-1)!.retryIn, path(made).at(-1)]).toEqual([
    ['drop'],
    250,
    'waiting conflict',
  ])
  expect(path(then(made, 250, { type: 'closed', code: 4409 })).at(-1)).toBe('closed conflict')
  const later = world({ type: 'closed', code: 4409 }, 250, WELCOME, 20_000, { type: 'closed', code: 4409 })
  expect(state(later)).toBe('waiting')
})

test('4401: a fresh token at once, then later each time', () => {
  const made = world({ type: 'closed', code: 4401 })
  expect([effects(made), made.changes.at(-1)!.retryIn]).toEqual([['drop'], 250])
  then(made, 250, { type: 'closed', code: 4401 })
  expect([new Set(effects(made)), path(made).at(-1)]).toEqual([new Set(['drop']), 'waiting token'])
  expect(made.changes.at(-1)!.retryIn).toBe(2_000)
  then(made, 2_000, { type: 'closed', code: 4401 })
  expect(made.changes.at(-1)!.retryIn).toBe(4_000)
})

test('no token is to be had: later; nobody is signed in: closed', () => {
  expect(path(world({ type: 'denied', final: false }))).toEqual(['connecting connect', 'waiting token'])
  expect(path(world({ type: 'denied', final: true }))).toEqual(['connecting connect', 'closed unauthorized'])
  expect(path(world(WELCOME, { type: 'denied', final: true })).at(-1)).toBe('closed unauthorized')
})

test('a window of the server is kept, and no signal shortens it', () => {
  const made = world(WELCOME, { type: 'moved', window: { min: 2_000, max: 10_000 } })
  then(made, { type: 'closed', code: 1012 })
  expect([path(made).at(-1), made.changes.at(-1)!.retryIn]).toEqual(['waiting moved', 6_000])
  const { due } = made.machine
  for (const type of ['wake', 'online', 'offline', 'hidden', 'visible', 'connect'] as const)
    then(made, { type })
  expect([state(made), made.machine.due]).toEqual(['waiting', due])
  then(made, 6_000)
  expect(path(made).at(-1)).toBe('connecting retry')
  // it was for once
  then(made, { type: 'closed', code: 1006 })
  expect(path(made).at(-1)).toBe('waiting lost')
})

test('a window of nothing is no tight loop, and one of a year is not waited for', () => {
  for (const [max, least, most] of [
    [0, 250, 250],
    [3e10, 60_000, 3_600_000],
  ] as const) {
    const made = world(WELCOME, { type: 'moved', window: { min: max, max } }, { type: 'closed', code: 1012 })
    expect(made.changes.at(-1)!.retryIn).toBeWithin(least, most + 1)
  }
})

test.each(['wake', 'offline', 'online', 'visible'] as const)('%s: asks once, for 3 s', type => {
  const made = lively(world(WELCOME), 30_000)
  then(made, { type })
  expect([state(made), effects(made), made.machine.due - made.at]).toEqual(['probing', ['beat'], 3_000])
  then(made, 100, { type }, { type: 'wake' })
  expect([effects(made), made.machine.due - made.at]).toEqual([[], 2_900])
  then(made, { type: 'heard', beat: false })
  expect(path(made).slice(-2)).toEqual(['probing wake', 'online answer'])
  then(made, { type }, 3_000)
  expect(path(made).slice(-2)).toEqual(['probing wake', 'connecting silence'])
})

test('a timer that is late by more than 2 s asks; it never takes that for silence', () => {
  for (const [ms, to] of [
    [2_000, 'connecting'],
    [2_001, 'probing'],
  ] as const) {
    const made = world(WELCOME, 8_000)
    made.happen({ type: 'late', ms }, 0.5)
    expect([ms, state(made)]).toEqual([ms, to])
  }
})

test('asleep while asking: asked once more, then it is silence', () => {
  const made = world(WELCOME, { type: 'wake' })
  made.happen({ type: 'late', ms: 60_000 }, 0.5)
  expect([state(made), effects(made)]).toEqual(['probing', ['beat']])
  made.happen({ type: 'late', ms: 60_000 }, 0.5)
  expect(path(made).at(-1)).toBe('connecting silence')
})

test('waiting: a wake tries at once, the network within a second and not all together', () => {
  const made = world({ type: 'closed', code: 1006 }, { type: 'wake' })
  expect(path(made).at(-1)).toBe('connecting wake')
  for (const [chance, ms] of [
    [0, 100],
    [0.5, 550],
  ] as const) {
    const other = then(failing(3), { type: 'closed', code: 1006 })
    other.give({ type: 'online' }, chance)
    expect([state(other), other.machine.due - other.at]).toEqual(['waiting', ms])
  }
  // never later than it would have been
  const soon = world()
  soon.give({ type: 'closed', code: 1006 }, 0)
  soon.give({ type: 'online' }, 0.9)
  expect(soon.machine.due - soon.at).toBe(250)
})

test('the network comes while connecting: begun anew, and no event', () => {
  const made = world(5_000, { type: 'online' })
  expect([effects(made), made.machine.due - made.at, path(made)]).toEqual([
    ['open'],
    10_000,
    ['connecting connect'],
  ])
})

test('hidden: no beat and no deadline, unless beats alone prove life', () => {
  const made = world(WELCOME, { type: 'hidden' })
  expect([state(made), made.machine.due]).toEqual(['online', Number.POSITIVE_INFINITY])
  then(made, 3_600_000, { type: 'visible' })
  expect(path(made).at(-1)).toBe('probing wake')
  const always = world({ ...WELCOME, always: true }, { type: 'hidden' }, 8_000)
  expect(effects(always)).toEqual(['beat'])
  then(always, 7_000)
  expect(path(always).at(-1)).toBe('connecting silence')
})

test('hidden: the first try in the same moment, then a minute apart, and at once when seen', () => {
  const made = lively(world(WELCOME), 30_000)
  then(made, { type: 'hidden' }, 300_000, { type: 'closed', code: 1006 })
  expect([path(made).at(-1), effects(made)]).toEqual(['connecting lost', ['open']])
  made.give({ type: 'closed', code: 1006 }, 0)
  expect([state(made), made.changes.at(-1)!.retryIn]).toEqual(['waiting', 60_000])
  then(made, 60_000)
  made.give({ type: 'closed', code: 1006 }, 0.999)
  expect(made.changes.at(-1)!.retryIn).toBeWithin(60_001, 75_000)
  then(made, 1_000, { type: 'visible' })
  expect(path(made).at(-1)).toBe('connecting wake')
})

test('hidden for less than 30 s: it comes back like a page that is seen', () => {
  const made = lively(world(WELCOME), 30_000)
  const closed = { type: 'closed', code: 1006 } as const
  then(made, { type: 'hidden' }, 5_000, closed)
  const waits: number[] = []
  for (let tries = 0; tries < 6; tries++) {
    then(made, closed)
    waits.push(made.changes.at(-1)!.retryIn!)
    then(made, waits.at(-1)!)
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 65_000])
  expect(made.changes.every(({ to }) => to !== 'closed')).toBe(true)
})

test('hidden: a server that greets and closes is not tried in a loop', () => {
  const made = lively(world(WELCOME), 30_000)
  const closed = { type: 'closed', code: 1006 } as const
  then(made, { type: 'hidden' }, 30_000, closed, 100, WELCOME, 100, closed)
  expect(state(made)).toBe('waiting')
  expect(made.changes.at(-1)!.retryIn).toBeGreaterThanOrEqual(60_000)
})

test('put aside with its page: parked, back when that is; nothing wakes it meanwhile', () => {
  const made = world(WELCOME, { type: 'cached' })
  expect([path(made).at(-1), effects(made), made.machine.due]).toEqual([
    'idle cached',
    ['park'],
    Number.POSITIVE_INFINITY,
  ])
  then(made, 600_000, { type: 'wake' }, { type: 'online' }, { type: 'visible' })
  expect(state(made)).toBe('idle')
  then(made, { type: 'restored' })
  expect([path(made).at(-1), effects(made)]).toEqual(['connecting restored', ['open']])
})

test('what was closed is not brought back with the page', () => {
  const made = world(WELCOME, { type: 'leave' }, { type: 'cached' }, { type: 'restored' })
  expect(path(made)).toEqual(['connecting connect', 'online welcome', 'closed leave'])
  expect(path(world(WELCOME, { type: 'cached' }, { type: 'leave' }, { type: 'restored' })).at(-1)).toBe(
    'closed leave',
  )
})

test('leave says goodbye, destroy only lets go', () => {
  expect(effects(world(WELCOME, { type: 'leave' }))).toEqual(['bye'])
  expect(effects(world(WELCOME, { type: 'destroy' }))).toEqual(['drop'])
  expect(path(world({ type: 'destroy' }))).toEqual(['connecting connect', 'closed destroy'])
})
