// Who is asked for the token of a shared connection, and that nobody goes on as somebody else.

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { begin, end, openTab, stage } from '../../test/support/shared-stage.ts'
import { Unauthorized } from './types.ts'

beforeEach(begin)
afterEach(end)

test('the first comes with the tab, the next is asked of one that is seen', async () => {
  const asked: string[] = []
  const provider = (tab: string) => (request: { reason: string }) => {
    asked.push(`${tab} ${request.reason}`)
    return `${tab}${asked.length}`
  }
  openTab({ getToken: provider('hidden') }, 'hidden')
  await stage.time.advance(10)
  openTab({ getToken: provider('seen') })
  await stage.time.advance(10)
  expect(stage.server.sent('hello')[0]!.token).toBe('hidden1')
  asked.length = 0
  stage.server.last.told.closed(4401, '')
  await stage.time.advance(1_000)
  expect(asked).toEqual(['seen refused'])
  expect(stage.server.sent('hello')[1]!.token).toBe('seen1')
})

test('a tab that does not answer is not waited for', async () => {
  let hangs = false
  openTab({ getToken: () => (hangs ? new Promise(() => {}) : 'one') })
  await stage.time.advance(10)
  openTab({ getToken: () => (hangs ? 'other' : 'two') }, 'hidden')
  await stage.time.advance(10)
  hangs = true
  stage.server.last.told.closed(4401, '')
  await stage.time.advance(6_000)
  expect(stage.server.sent('hello').at(-1)!.token).toBe('other')
})

test('nobody is signed in: closed, in every tab', async () => {
  let out = false
  const getToken = () => {
    if (out) throw new Unauthorized('signed out')
    return 'token'
  }
  const tabs = [openTab({ getToken }), openTab({ getToken })]
  await stage.time.advance(10)
  out = true
  stage.server.last.told.closed(4401, '')
  await stage.time.advance(5_000)
  for (const { client } of tabs) expect(client.state).toBe('closed')
  expect(stage.server.links).toHaveLength(1)
})

test('whoever signs in after a goodbye is asked anew: what another tab brought before is nobody’s', async () => {
  let who = 'ana'
  const getToken = () => who
  const [one] = [openTab({ getToken }), openTab({ getToken })]
  await stage.time.advance(10)
  one!.client.leave()
  await stage.time.advance(10)
  who = 'carl'
  one!.client.connect()
  await stage.time.advance(1_000)
  expect(stage.server.sent('hello').map(({ token }) => token)).toEqual(['ana', 'carl'])
})
