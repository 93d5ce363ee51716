import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { checkTiming, PRESETS } from '../core/timing.ts'
import { boundSentence, type NativeOptions, NativeTerms } from './native-terms.ts'

const OPTIONS: NativeOptions = {
  timing: PRESETS.web,
  evidence: 'any',
  forcedEvidence: null,
  least: { interval: 1_000, timeout: 500, grace: 0 },
  most: { interval: 300_000, timeout: 120_000, grace: 900_000 },
  policy: 'newest',
  suspectAfter: 700,
  awayAfter: 900,
  refreshGrace: 4_000,
}

test('who asks for nothing has the terms of the server', () => {
  const terms = new NativeTerms(OPTIONS)
  expect(terms.agree(undefined)).toBe(terms.own)
  expect(terms.own).toMatchObject({
    dialect: 'native',
    timing: PRESETS.web,
    evidence: 'any',
    probe: true,
    silenceGrace: 10_000,
    closeGrace: 4_000,
    policy: 'newest',
    suspectAfter: 700,
    awayAfter: 900,
    onSilence: 'cut',
  })
})

test('where a proxy may cut what is silent, it is asked sooner, and judged no sooner', () => {
  const terms = new NativeTerms({ ...OPTIONS, probeAtMost: 25_000 })
  const slow = { interval: 100_000, timeout: 50_000 }
  expect(terms.agree(slow)).toMatchObject({ probeAtMost: 25_000, timing: slow })
  expect(new NativeTerms(OPTIONS).agree(slow)).toMatchObject({ probeAtMost: Number.POSITIVE_INFINITY })
})

test('a preset by its name, and no other name', () => {
  const terms = new NativeTerms(OPTIONS)
  for (const [name, timing] of Object.entries(PRESETS)) expect(terms.agree(name)?.timing).toEqual(timing)
  for (const name of ['', 'Web', 'toString', '__proto__']) expect(terms.agree(name)).toBeNull()
})

test('parts that are asked for differ, the others are the own ones', () => {
  expect(new NativeTerms(OPTIONS).agree({ interval: 7_000 })?.timing).toEqual({
    interval: 7_000,
    timeout: 5_000,
    grace: 10_000,
  })
})

test('parts are kept within the limits, and a timeout within ten intervals', () => {
  const terms = new NativeTerms(OPTIONS)
  const timingOf = (interval: number, timeout: number, grace: number) =>
    terms.agree({ interval, timeout, grace })?.timing
  expect(timingOf(1, 1, 0)).toEqual({ interval: 1_000, timeout: 500, grace: 0 })
  expect(timingOf(1e9, 1e9, 1e9)).toEqual(OPTIONS.most)
  expect(timingOf(1_000, 60_000, 1)).toEqual({ interval: 1_000, timeout: 10_000, grace: 1 })
})

test('what the server itself goes by may always be asked for', () => {
  const timing = { interval: 100, timeout: 50, grace: 2_000_000 }
  expect(new NativeTerms({ ...OPTIONS, timing }).agree({ interval: 100, timeout: 50 })?.timing).toEqual(
    timing,
  )
})

test('whatever is asked for, a sound timing comes out', () => {
  const part = fc.option(fc.integer({ min: 0, max: 2 ** 40 }), { nil: undefined })
  fc.assert(
    fc.property(fc.record({ interval: part, timeout: part, grace: part }), asked => {
      const parts = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
      expect(checkTiming(new NativeTerms(OPTIONS).agree(parts)!.timing)).toEqual([])
    }),
  )
})

describe('evidence', () => {
  const evidenceOf = (patch: Partial<NativeOptions>, asked?: string | { interval: number }) =>
    new NativeTerms({ ...OPTIONS, ...patch }).agree(asked)

  test('is beats alone for a device, which is not pinged then', () => {
    expect(evidenceOf({}, 'device')).toMatchObject({ evidence: 'beat', probe: false })
    expect(evidenceOf({}, 'web')).toMatchObject({ evidence: 'any', probe: true })
  })

  test('is that of the server where no preset is named', () => {
    expect(evidenceOf({ evidence: 'beat' })?.evidence).toBe('beat')
    expect(evidenceOf({ evidence: 'beat' }, { interval: 2_000 })?.evidence).toBe('beat')
    expect(evidenceOf({ evidence: 'beat' }, 'web')?.evidence).toBe('any')
  })

  test('is beats alone on a link that cannot be pinged, whatever is asked for or said by the listener', () => {
    for (const asked of [undefined, 'web', 'device', { interval: 2_000 }]) {
      const terms = new NativeTerms({ ...OPTIONS, forcedEvidence: 'any' })
      expect(terms.agree(asked, false)).toMatchObject({ evidence: 'beat', probe: false })
      expect(terms.agree(asked, true)).toMatchObject({ evidence: 'any', probe: true })
    }
  })

  test('is what the listener says, whatever is asked for', () => {
    expect(evidenceOf({ forcedEvidence: 'beat' }, 'fast')).toMatchObject({ evidence: 'beat', probe: false })
    expect(evidenceOf({ forcedEvidence: 'any' }, 'device')).toMatchObject({ evidence: 'any', probe: true })
  })
})

test('equal timings share their terms, and no client can make them without end', () => {
  const terms = new NativeTerms(OPTIONS)
  expect(terms.agree('fast')).toBe(terms.agree({ ...PRESETS.fast })!)
  for (let i = 0; i < 1_000; i++) terms.agree({ grace: i })
  expect(terms.agree({ grace: 3 })).toBe(terms.agree({ grace: 3 })!)
  expect(terms.agree({ grace: 900 })).not.toBe(terms.agree({ grace: 900 })!)
  expect(terms.agree('web')).toBe(terms.own)
})

test('the bound in words', () => {
  expect(boundSentence(PRESETS.web)).toBe(
    'silence is suspect after 15 s and offline after 25 s, each plus at most 0.2 s',
  )
})
