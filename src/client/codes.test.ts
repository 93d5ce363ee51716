import { expect, test } from 'bun:test'
import { CLOSE, CLOSES } from '../protocol/close-codes.ts'
import { BYE, CACHED, CONFLICT, GIVEN_UP, isFinal, UNAUTHORIZED } from './codes.ts'

test('they are those of the table', () => {
  expect({ BYE, CACHED, CONFLICT, GIVEN_UP, UNAUTHORIZED }).toEqual({
    BYE: CLOSE.bye,
    CACHED: CLOSE.cached,
    CONFLICT: CLOSE.instanceConflict,
    GIVEN_UP: CLOSE.givenUp,
    UNAUTHORIZED: CLOSE.unauthorized,
  })
})

test('the client stays away exactly where the table says so', () => {
  for (const { code, from, next } of Object.values(CLOSES))
    if (from !== 'client') expect([code, isFinal(code)]).toEqual([code, next.includes('stay away')])
})
