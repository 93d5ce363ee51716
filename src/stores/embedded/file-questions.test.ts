import { expect, test } from 'bun:test'
import { FileQuestions } from './file-questions.ts'
import type { Request } from './messages.ts'

const NOTHING = { rows: [], at: 0 }

function put(key: string) {
  return { do: 'put', book: 'bans', key, value: '1' } as const
}

test('each answer goes to whom it is for, and what is unanswered is asked again in the same order', async () => {
  const sent: Request[] = []
  const questions = new FileQuestions(request => sent.push(request))
  const asked = ['a', 'b', 'c'].map(key => questions.ask(put(key)))
  questions.answered(2, { rows: ['b'], at: 0 })
  expect(await asked[1]).toEqual({ rows: ['b'], at: 0 })
  questions.again()
  expect(sent.slice(3)).toEqual([
    { ...put('a'), ask: 1 },
    { ...put('c'), ask: 3 },
  ])
  questions.answered(3, NOTHING)
  questions.failed(1, new Error('no'))
  expect(await asked[2]).toEqual(NOTHING)
  await expect(asked[0]).rejects.toThrow('no')
  questions.again()
  expect(sent.length).toBe(5)
})

test('nobody waits for ever', async () => {
  const questions = new FileQuestions(() => {})
  const asked = [questions.ask(put('a')), questions.ask(put('b'))]
  questions.giveUp(new Error('closed'))
  const told = await Promise.all(asked.map(one => one.catch((error: Error) => error.message)))
  expect(told).toEqual(['closed', 'closed'])
})
