import { describe, expect, test } from 'bun:test'
import { T0, wholeServer } from '../../test/support/whole-server.ts'
import { MemoryNotebook } from '../stores/embedded/memory-notebook.ts'

const set = (user_id: unknown) => ({ type: 'SetHeartbeat', user_id })

describe('a ban', () => {
  test('ends the sessions of its member, and says since when and how long', async () => {
    const { server, transport } = await wholeServer()
    transport.connect().say(set('7'))
    expect(await server.bans.ban('7', { for: 5_000, reason: 'spam' })).toEqual({
      member: '7',
      since: T0 + 1_000,
      until: T0 + 6_000,
      reason: 'spam',
    })
    expect((await server.member('7'))?.member).toMatchObject({ state: 'offline', reason: 'kicked' })
    expect(server.bans.of('7')?.reason).toBe('spam')
    expect(server.bans.of('8')).toBeNull()
  })

  test('is over when its time is, and without a time when it is lifted', async () => {
    const { server, time } = await wholeServer()
    await server.bans.ban('7', { for: 5_000 })
    await server.bans.ban('8', {})
    time.at += 4_999
    expect(server.bans.of('7')).not.toBeNull()
    time.at += 1
    expect(server.bans.of('7')).toBeNull()
    expect(server.bans.list(null, 10).bans.map(({ member }) => member)).toEqual(['8'])
    expect(await server.bans.lift('8')).toBe(true)
    expect(await server.bans.lift('8')).toBe(false)
    expect(await server.bans.lift('7')).toBe(false)
    expect(server.bans.of('8')).toBeNull()
  })

  test('holds over a restart; one that is over does not', async () => {
    const notebook = new MemoryNotebook()
    const first = await wholeServer({ notebook })
    await first.server.bans.ban('long', { for: 60_000 })
    await first.server.bans.ban('short', { for: 10 })
    await notebook.put('bans', 'old', { member: 'old', since: 1, until: 2, reason: null })
    const second = await wholeServer({ notebook })
    second.time.at += 100
    expect(second.server.bans.of('long')).toMatchObject({ until: T0 + 61_000 })
    expect(second.server.bans.of('short')).toBeNull()
    expect(await notebook.get('bans', 'old')).toBeNull()
  })

  test('lasts as long as was said, however the clock is set; what is noted is what the clock said', async () => {
    const notebook = new MemoryNotebook()
    const { server, time } = await wholeServer({ notebook })
    await server.bans.ban('before', { for: 5_000 })
    time.wallShift = -7_200_000
    const ban = await server.bans.ban('after', { for: 5_000 })
    expect(ban).toMatchObject({ since: T0 + 1_000 - 7_200_000, until: T0 + 6_000 - 7_200_000 })
    expect(await notebook.get('bans', 'after')).toEqual(ban)
    time.at += 4_999
    expect([server.bans.of('before'), server.bans.of('after')]).not.toContain(null)
    time.wallShift = 7_200_000
    expect([server.bans.of('before'), server.bans.of('after')]).not.toContain(null)
    time.at += 1
    expect([server.bans.of('before'), server.bans.of('after')]).toEqual([null, null])
  })

  test('is listed by member, in pages', async () => {
    const { server } = await wholeServer()
    for (const member of ['c', 'a', 'b']) await server.bans.ban(member, {})
    const first = server.bans.list(null, 2)
    expect(first.bans.map(({ member }) => member)).toEqual(['a', 'b'])
    expect(server.bans.list(first.next, 2)).toMatchObject({ bans: [{ member: 'c' }], next: null })
  })

  test('of what is no id, for no time, or while the server stops is refused', async () => {
    const { server } = await wholeServer()
    await expect(server.bans.ban('', {})).rejects.toMatchObject({ code: 'bad_id' })
    await expect(server.bans.ban('7', { for: 0 })).rejects.toMatchObject({ code: 'bad_option' })
    await expect(server.bans.ban('7', { for: 1.5 })).rejects.toMatchObject({ code: 'bad_option' })
    expect(server.bans.of('7')).toBeNull()
    await server.stop()
    await expect(server.bans.ban('7', {})).rejects.toMatchObject({ code: 'not_running' })
  })

  test('that cannot be noted is none', async () => {
    const notebook = new MemoryNotebook()
    const { server } = await wholeServer({ notebook })
    notebook.put = async () => {
      throw new Error('full')
    }
    await expect(server.bans.ban('7', {})).rejects.toThrow('full')
    expect(server.bans.of('7')).toBeNull()
  })

  test('and its lifting happen in the order in which they were asked for, in memory as in the notebook', async () => {
    const { server, store } = await wholeServer()
    await server.bans.ban('7', { reason: 'first' })
    await Promise.all([server.bans.lift('7'), server.bans.ban('7', { reason: 'second' })])
    expect(server.bans.of('7')?.reason).toBe('second')
    expect(await store.notebook.get('bans', '7')).toMatchObject({ reason: 'second' })
    await Promise.all([server.bans.ban('7', {}), server.bans.lift('7')])
    expect([server.bans.of('7'), await store.notebook.get('bans', '7')]).toEqual([null, null])
  })
})
