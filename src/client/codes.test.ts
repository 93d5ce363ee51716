// The client's codes against the table of all.

import { expect, test } from 'bun:test'
import { CLOSE, CLOSES } from '../protocol/close-codes.ts'
import { CODE, isFinal } from './codes.ts'

test('they are those of the table', () => {
  const { bye, broken, givenUp, cached, unauthorized, instanceConflict: conflict } = CLOSE
  expect<object>(CODE).toEqual({ bye, broken, givenUp, cached, unauthorized, conflict })
})

test('the client stays away exactly where the table says so', () => {
  for (const { code, from, next } of Object.values(CLOSES))
    if (from !== 'client') expect([code, isFinal(code)]).toEqual([code, next.includes('stay away')])
})
