import { expect, test } from 'bun:test'
import { EVERYBODY, NOBODY, type Reach } from './authority.ts'
import { covers, OwnReach } from './reach.ts'

const some: Reach = { all: false, members: new Set(['7']), groups: new Set(['room']) }

test.each([
  ['everybody covers anybody', EVERYBODY, '9', [], true],
  ['nobody covers nobody', NOBODY, '9', ['room'], false],
  ['a member that is named', some, '7', [], true],
  ['one in a group that is named', some, '9', ['hall', 'room'], true],
  ['one in another group', some, '9', ['hall'], false],
  ['one in no group', some, '9', [], false],
  ['a group of the same name as a member', some, '9', ['7'], false],
  ['a member of the same name as a group', some, 'room', [], false],
  ['its own', new OwnReach('7', ['room']), '7', [], true],
  ['and its groups', new OwnReach('7', ['room']), '8', ['room'], true],
  ['nobody in particular', new OwnReach(null, []), '', [], false],
] as const)('%s', (_, reach, id, groups, is) => {
  expect(covers(reach, id, groups)).toBe(is)
})
