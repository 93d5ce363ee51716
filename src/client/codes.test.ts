// The client's codes against the table of all.

import { expect, test } from 'bun:test'
import { CLOSE, CLOSES } from '../protocol/close-codes.ts'
import * as codes from './codes.ts'
import { IDLE, step } from './machine.ts'

test('they are those of the table', () => {
  const { bye, givenUp, cached, unauthorized, instanceConflict } = CLOSE
  expect<object>({ ...codes }).toEqual({
    BYE: bye,
    GIVEN_UP: givenUp,
    CACHED: cached,
    UNAUTHORIZED: unauthorized,
    CONFLICT: instanceConflict,
  })
})

test('the client stays away exactly where the table says so', () => {
  const { machine } = step(IDLE, { type: 'connect' }, 0, 0)
  for (const { code, from, next } of Object.values(CLOSES)) {
    if (from === 'client') continue
    const { state } = step(machine, { type: 'closed', code }, 0, 0).machine
    expect([code, state === 'closed']).toEqual([code, next.includes('stay away')])
  }
})
