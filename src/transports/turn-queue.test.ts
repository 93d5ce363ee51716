import { expect, test } from 'bun:test'
import { TurnQueue } from './turn-queue.ts'

function rig(costMs: number) {
  let now = 0
  const done: number[] = []
  const turns: (() => void)[] = []
  const queue = new TurnQueue<number>(
    item => {
      now += costMs
      done.push(item)
    },
    () => now,
    run => turns.push(run),
    8,
  )
  return { queue, done, turns, turn: () => turns.shift()?.() }
}

test('nothing is worked on inside push, and one turn is asked for', () => {
  const { queue, done, turns } = rig(1)
  for (let i = 0; i < 5; i++) queue.push(i)
  expect(done).toEqual([])
  expect(turns.length).toBe(1)
})

test('a turn ends when the budget is spent; the rest follows in order on later turns', () => {
  const { queue, done, turns, turn } = rig(3)
  for (let i = 0; i < 7; i++) queue.push(i)
  turn()
  expect(done).toEqual([0, 1, 2])
  turn()
  turn()
  expect(done).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(turns.length).toBe(0)
})

test('one item over the whole budget still makes progress', () => {
  const { queue, done, turn } = rig(100)
  queue.push(1)
  queue.push(2)
  turn()
  expect(done).toEqual([1])
  turn()
  expect(done).toEqual([1, 2])
})

test('an item pushed from within the work is done in the same run or the next, never lost', () => {
  let now = 0
  const done: number[] = []
  const turns: (() => void)[] = []
  const queue: TurnQueue<number> = new TurnQueue<number>(
    item => {
      now += 5
      done.push(item)
      if (item < 4) queue.push(item + 1)
    },
    () => now,
    run => turns.push(run),
    8,
  )
  queue.push(0)
  while (turns.length > 0) turns.shift()?.()
  expect(done).toEqual([0, 1, 2, 3, 4])
  queue.push(9)
  expect(turns.length).toBe(1)
})

test('idle resolves at once when empty, else when the last item is done', async () => {
  const { queue, done, turn } = rig(5)
  await queue.idle()
  for (let i = 0; i < 4; i++) queue.push(i)
  let idle = false
  const waited = queue.idle().then(() => {
    idle = true
  })
  turn()
  await Promise.resolve()
  expect([done.length, idle]).toEqual([2, false])
  turn()
  await waited
  expect(done.length).toBe(4)
})
