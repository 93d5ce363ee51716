import { describe, expect, test } from 'bun:test'
import { Detector } from './detector.ts'
import type { Session } from './session.ts'
import { makeTerms } from './terms.ts'
import { PRESETS } from './timing.ts'

interface Link {
  readonly name: string
}

const terms = makeTerms('native', PRESETS.web)

function begin(
  detector: Detector<Link>,
  member: string | null,
  at: number,
  patch: object = {},
): Session<Link> {
  const link = { name: String(at) }
  const request = { member, instance: null, epoch: 0, terms, link, details: null, ...patch }
  const effects = detector.apply({ type: 'begin', request }, at)
  const begun = effects.find(effect => effect.type === 'begun')
  return begun!.session
}

describe('detector', () => {
  test('hands out one shared empty list where nothing follows', () => {
    const detector = new Detector<Link>({}, 0)
    const first = detector.apply({ type: 'tick' }, 100)
    expect(first).toEqual([])
    expect(detector.apply({ type: 'tick' }, 200)).toBe(first)
    expect(Object.isFrozen(first)).toBe(true)
  })

  test('numbers go on after those of an earlier run', () => {
    const detector = new Detector<Link>({ firstId: 40 }, 0)
    const base = {
      member: 'a',
      instance: null,
      epoch: 0,
      terms,
      lastEvidenceAt: -5,
      lastBeatAt: -5,
      away: false,
      grace: 1_000,
    }
    detector.apply({ type: 'restore', session: { ...base, id: 77 } }, 0)
    expect(begin(detector, 'b', 10).id).toBe(78)
  })

  test('events of a session that has ended are dropped', () => {
    const detector = new Detector<Link>({}, 0)
    const session = begin(detector, 'a', 0)
    const link = session.link!
    detector.apply({ type: 'end', session, reason: 'left' }, 10)
    const events = [
      { type: 'end', session, reason: 'kicked' },
      { type: 'broke', session, link, cause: 'lost' },
      { type: 'hide', session },
      { type: 'show', session },
      { type: 'enter', session, group: 'g' },
      { type: 'exit', session, group: 'g' },
      { type: 'terms', session, terms: makeTerms('native', PRESETS.fast, { evidence: 'none' }) },
    ] as const
    for (const event of events) expect(detector.apply(event, 20)).toEqual([])
    expect(detector.table.judged).toBe(0)
    expect(detector.table.wheel.size).toBe(0)
    expect(session.reason).toBe('left')
  })

  test('a nameless session keeps its number when it is named, but not once it has ended', () => {
    const detector = new Detector<Link>({}, 0)
    const nameless = begin(detector, null, 0)
    const named = begin(detector, 'a', 50, { nameless })
    expect(named).toBe(nameless)
    expect(detector.table.of('a')).toBe(nameless)
    expect(detector.table.size).toBe(1)
    const other = begin(detector, null, 60)
    detector.apply({ type: 'end', session: other, reason: 'left' }, 70)
    const late = begin(detector, 'b', 80, { nameless: other })
    expect(late).not.toBe(other)
    expect(detector.table.of('b')).toBe(late)
  })

  test('evidence given before the session began counts from when it came', () => {
    const detector = new Detector<Link>({}, 0)
    const session = begin(detector, 'a', 14_000, { lastEvidenceAt: 5_000 })
    detector.apply({ type: 'tick' }, 19_900)
    expect(session.state).toBe('online')
    detector.apply({ type: 'tick' }, 20_000)
    expect(session.state).toBe('suspect')
  })

  test('first probes of a wave of newcomers are spread over [0.5, 1] x I', () => {
    const detector = new Detector<Link>({}, 0)
    for (let i = 0; i < 1_000; i++) begin(detector, `m${i}`, 0)
    const perSecond = new Map<number, number>()
    for (let at = 100; at <= 10_000; at += 100) {
      const probes = detector.apply({ type: 'tick' }, at).filter(({ type }) => type === 'probe').length
      const second = Math.ceil(at / 1_000)
      perSecond.set(second, (perSecond.get(second) ?? 0) + probes)
    }
    expect([1, 2, 3, 4, 5].map(second => perSecond.get(second))).toEqual([0, 0, 0, 0, 0])
    for (let second = 6; second <= 10; second++) expect(perSecond.get(second)).toBeWithin(190, 211)
  })

  test('a probe and an away due in the same tick both come on time', () => {
    const detector = new Detector<Link>({}, 0)
    const slow = makeTerms('native', { interval: 100, timeout: 400, grace: 900 }, { awayAfter: 100 })
    const session = begin(detector, 'a', 0, { terms: slow })
    detector.apply({ type: 'hide', session }, 0)
    const seen: string[] = []
    for (let at = 100; at <= 600; at += 100)
      for (const effect of detector.apply({ type: 'tick' }, at)) seen.push(`${at} ${effect.type}`)
    expect(seen).toEqual(['100 change', '200 probe', '500 cut', '500 change'])
  })

  test('groups are told as they are said, and say nothing of the state that was told', () => {
    const detector = new Detector<Link>({}, 0)
    const session = begin(detector, 'a', 0)
    const enter = detector.apply({ type: 'enter', session, group: 'g' }, 10)
    const told = { session: session.id, member: 'a', at: 10, details: null }
    expect(enter).toMatchObject([
      { type: 'change', change: { kind: 'enter', membership: { group: 'g', until: null }, ...told } },
    ])
    detector.apply({ type: 'broke', session, link: session.link!, cause: 'lost' }, 20)
    const exit = detector.apply({ type: 'exit', session, group: 'g' }, 30)
    expect(exit).toMatchObject([{ type: 'change', change: { kind: 'exit' } }])
    expect([session.state, session.told]).toEqual(['suspect', 'online'])
    const nameless = begin(detector, null, 40)
    expect(detector.apply({ type: 'enter', session: nameless, group: 'g' }, 50)).toEqual([])
  })
})
