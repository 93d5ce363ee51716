import { expect, describe as suite, test } from 'bun:test'
import type { Status } from './change.ts'
import { NEVER } from './clock.ts'
import { describe } from './describe.ts'
import { Member } from './member.ts'

const SAME = { changed: false, hid: false }
const TOLD = { changed: true, hid: false }
const HID = { changed: true, hid: true }

function status(
  visibility: Status['visibility'],
  text: string | null = null,
  until: number | null = null,
): Status {
  return { visibility, text, until }
}

suite('describe', () => {
  test('name, type and profile: what says the same changes nothing', () => {
    const member = new Member('a', 0)
    const details = { name: 'Ana', type: 't', profile: { n: [1] } }
    expect(describe(member, details, 1)).toEqual(TOLD)
    expect(describe(member, { ...details, profile: { n: [1] } }, 2)).toEqual(SAME)
    expect(describe(member, { profile: { n: [2] } }, 3)).toEqual(TOLD)
    expect(describe(member, {}, 4)).toEqual(SAME)
    expect(describe(member, null, 5)).toEqual(SAME)
    expect(member).toMatchObject({ name: 'Ana', type: 't', profile: { n: [2] } })
  })

  test('shown without a text is no status, whatever its end', () => {
    const member = new Member('a', 0)
    for (const said of [null, status('shown'), status('shown', null, 900)])
      expect(describe(member, { status: said }, 1)).toEqual(SAME)
    expect(member.status).toBeNull()
  })

  test('a text hides nobody: its moment stays 0, and it leaves nothing behind', () => {
    const member = new Member('a', 0)
    expect(describe(member, { status: status('shown', 'x', 50) }, 1)).toEqual(TOLD)
    expect(member.status).toEqual({
      ...status('shown', 'x', 50),
      since: 0,
      version: 0,
      shownAs: null,
    })
    expect(describe(member, { status: status('shown', 'x', 60) }, 2)).toEqual(TOLD)
    expect(describe(member, { status: null }, 3)).toEqual(TOLD)
    expect(member.status).toBeNull()
  })

  test('since is the moment of hiding and of showing, not that of a new text', () => {
    const member = new Member('a', 0)
    expect(describe(member, { status: status('hidden') }, 10)).toEqual(HID)
    expect(describe(member, { status: status('hidden', 'x') }, 20)).toEqual(TOLD)
    expect(member.status).toMatchObject({ visibility: 'hidden', text: 'x', since: 10 })
    member.status = { ...member.status!, version: 7 }
    expect(describe(member, { status: status('hidden') }, 25)).toEqual(TOLD)
    expect(member.status).toMatchObject({ since: 10, version: 7 })
    expect(describe(member, { status: null }, 30)).toEqual(HID)
    expect(member.status).toMatchObject({ ...status('shown'), since: 30 })
    expect(describe(member, { status: status('shown', 'y') }, 40)).toEqual(TOLD)
    expect(describe(member, { status: status('shown') }, 50)).toEqual(TOLD)
    expect(member.status).toMatchObject({ ...status('shown'), since: 30, version: 7 })
  })

  test('others go on seeing who hides as it was then, with what the same change says', () => {
    const member = new Member('a', 0)
    describe(member, { name: 'Ana', type: 't', profile: { n: 1 } }, 1)
    member.lastEvidenceAt = 9
    const shownAs = { name: 'Bo', type: 't', profile: { n: 1 }, lastEvidenceAt: 9, lastBeatAt: NEVER }
    describe(member, { name: 'Bo', status: status('hidden') }, 10)
    expect(member.status).toMatchObject({ since: 10, shownAs })
    member.lastEvidenceAt = member.lastBeatAt = 15
    describe(member, { name: 'Cy', type: 'u', profile: null }, 20)
    describe(member, { name: 'Di', status: status('hidden', 'x') }, 30)
    expect(member).toMatchObject({ name: 'Di', type: 'u', profile: null })
    expect(member.status).toMatchObject({ text: 'x', since: 10, shownAs })
    describe(member, { status: status('shown', 'x') }, 40)
    expect(member.status).toMatchObject({ since: 40, shownAs: null })
    describe(member, { status: status('hidden') }, 50)
    expect(member.status!.shownAs).toMatchObject({ name: 'Di', type: 'u', lastBeatAt: 15 })
  })

  test('a status is none from its end on, also when nobody says so', () => {
    const member = new Member('a', 0)
    expect(describe(member, { status: status('hidden', null, 5) }, 5)).toEqual(SAME)
    describe(member, { status: status('hidden', null, 15) }, 5)
    member.status = { ...member.status!, version: 3 }
    expect(describe(member, null, 14)).toEqual(SAME)
    expect(describe(member, { name: 'A' }, 15)).toEqual(HID)
    expect(member.status).toMatchObject({ ...status('shown'), since: 15 })
    expect(describe(member, null, 16)).toEqual(SAME)
  })
})
