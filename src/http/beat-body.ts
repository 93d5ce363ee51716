// Reads the beats in a body by hand, since there may be 300,000 a second; strictly, and all of them before anything is done.
// It says which beat is wrong and how to mend it; it beats for nobody.

import { integerIn, sizeFlaw, textIn, wrong } from '../protocol/fields.ts'
import type { Flaw } from '../protocol/flaw.ts'
import { idIn } from '../protocol/id-fields.ts'
import type { JsonObject } from '../protocol/json.ts'
import { LIMITS } from '../protocol/limits.ts'
import { itemSources, sourceOf } from '../protocol/source.ts'
import type { HttpBeat } from '../server/api.ts'
import { parseJson } from './body.ts'
import { type ProblemCode, Refusal } from './problem.ts'

export const MOST_BEATS = 1_000
export const LEAST_PERIOD = 1_000
export const LONGEST = 86_400_000

/** `many`: they came, and are answered, as a list. */
export interface ReadBeats {
  readonly many: boolean
  readonly beats: readonly HttpBeat[]
}

const KEYS = 'id, period, grace, name, type, profile, bye'
const CODES: Partial<Record<Flaw['code'], ProblemCode>> = { bad_id: 'bad_id', too_large: 'bad_data' }

/** The beats in `text`. Throws a `Refusal` that names the field, and of many the beat. `mostProfile`: in bytes of JSON. */
export function readBeats(text: string, mostProfile: number): ReadBeats {
  const body = parseJson(text)
  if (!isObject(body)) throw new Refusal('bad_body', 'the body must be an object')
  if (!Object.hasOwn(body, 'beats'))
    return { many: false, beats: [readBeat(body, '', () => text, mostProfile)] }
  for (const key in body) if (key !== 'beats') throw unknownKey(key, '', 'beats alone')
  const list = body.beats
  if (!Array.isArray(list)) throw new Refusal('bad_body', 'beats must be a list of beats')
  if (list.length === 0 || list.length > MOST_BEATS)
    throw new Refusal('bad_body', `beats must hold 1 to ${MOST_BEATS} beats, not ${list.length}`)
  let sources: readonly string[] | null = null
  const sourceAt = (i: number) => {
    sources ??= itemSources(sourceOf(text, 'beats')!, MOST_BEATS)
    return sources[i]!
  }
  const beats: HttpBeat[] = []
  for (let i = 0; i < list.length; i++) beats.push(readBeat(list[i], i, () => sourceAt(i), mostProfile))
  return { many: true, beats }
}

/** `place`: its index, '' where it is alone. `source`: its text; called where its id is a number. */
function readBeat(beat: unknown, place: number | '', source: () => string, mostProfile: number): HttpBeat {
  if (!isObject(beat)) throw new Refusal('bad_body', `${before(place)}a beat must be an object`)
  for (const key in beat) {
    const flaw = flawIn(beat, key, mostProfile)
    if (flaw === undefined) throw unknownKey(key, before(place), KEYS)
    if (flaw !== null) throw refusalOf(flaw, place)
  }
  const id = idIn(beat.id, 'id', () => sourceOf(source(), 'id'))
  if (typeof id !== 'string') throw refusalOf(id, place)
  return (id === beat.id ? beat : { ...beat, id }) as unknown as HttpBeat
}

/** What is wrong with the field; `undefined`: there is no such field. The id is read apart. */
function flawIn(beat: JsonObject, key: string, mostProfile: number): Flaw | null | undefined {
  switch (key) {
    case 'id':
      return null
    case 'period':
      return flawOf(integerIn(beat, key, LEAST_PERIOD, LONGEST))
    case 'grace':
      return flawOf(integerIn(beat, key, 0, LONGEST))
    case 'name':
      return flawOf(textIn(beat, key, LIMITS.nameBytes))
    case 'type':
      return flawOf(textIn(beat, key, LIMITS.typeBytes))
    case 'profile':
      return profileFlaw(beat.profile, mostProfile)
    case 'bye':
      return beat.bye === true ? null : wrong(key, beat.bye, 'send true, or leave it out')
  }
  return undefined
}

function flawOf(read: unknown): Flaw | null {
  return typeof read === 'object' ? (read as Flaw) : null
}

function profileFlaw(profile: unknown, most: number): Flaw | null {
  if (profile === null) return null
  return isObject(profile)
    ? sizeFlaw(profile, 'profile', most)
    : wrong('profile', profile, 'send an object, null for none, or leave it out')
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function before(place: number | ''): string {
  return place === '' ? '' : `beats.${place}: `
}

function refusalOf({ code, message }: Flaw, place: number | ''): Refusal {
  return new Refusal(CODES[code] ?? 'bad_body', before(place) + message)
}

function unknownKey(key: string, where: string, known: string): Refusal {
  return new Refusal(
    'bad_body',
    `${where}unknown key ${JSON.stringify(key.slice(0, 100))}: known are ${known}`,
  )
}
