import { describe, expect, test } from 'bun:test'
import { wholeServer } from '../../test/support/whole-server.ts'
import { MemoryNotebook } from '../stores/embedded/memory-notebook.ts'

const set = (user_id: unknown) => ({ type: 'SetHeartbeat', user_id })

describe('describe', () => {
  test('sets what is given and leaves the rest, for one who is here and for one never seen', async () => {
    const { server, transport } = await wholeServer()
    transport.connect().say({ type: 'SetHeartbeat', user_id: '7', user_name: 'Ana' })
    expect(await server.describe('7', { profile: { a: 1 } })).toMatchObject({
      name: 'Ana',
      profile: { a: 1 },
    })
    expect(await server.describe('7', { name: 'Eva', type: 'vip' })).toMatchObject({
      name: 'Eva',
      type: 'vip',
      profile: { a: 1 },
    })
    expect(await server.describe('new', { name: 'Nobody yet' })).toMatchObject({
      state: 'offline',
      name: 'Nobody yet',
    })
  })

  test('refuses what cannot be kept, and changes nothing', async () => {
    const { server } = await wholeServer({ config: { limits: { profile: 100 } } })
    for (const details of [
      { profile: { long: 'x'.repeat(100) } },
      { profile: [1] },
      { name: 'x'.repeat(1_025) },
      { type: 'a\nb' },
    ])
      await expect(server.describe('7', details)).rejects.toMatchObject({ code: 'bad_data' })
    await expect(server.describe('', { name: 'x' })).rejects.toMatchObject({ code: 'bad_id' })
    expect(await server.member('7')).toBeNull()
  })
})

describe('erase', () => {
  test('ends its sessions, lifts its ban and makes it unknown; it may come anew', async () => {
    const { server, transport, store } = await wholeServer()
    transport.connect().say(set('7'))
    await server.bans.ban('7', {})
    expect(await server.erase('7')).toBe(true)
    expect(await server.member('7')).toBeNull()
    expect(server.bans.of('7')).toBeNull()
    expect(store.changes.map(({ kind }) => kind)).toEqual(['begin', 'end', 'erase'])
    expect(await server.erase('7')).toBe(false)
    transport.connect().say(set('7'))
    expect((await server.member('7'))?.member.state).toBe('online')
  })

  test('tells whoever watches it, also of one that is not here, and names it to nobody again', async () => {
    const { server, transport, time } = await wholeServer()
    await server.addToGroup('g', '7')
    await server.describe('7', { name: 'Ana' })
    const observer = () => {
      const link = transport.connect(0, { protocols: ['systole.v1'] })
      link.say({ t: 'hello', observer: true }, { t: 'watch', members: ['7'] }, { t: 'watch', group: 'g' })
      return link
    }
    const told = ({ sent }: { sent: string[] }, t: string) =>
      sent.filter(text => text.startsWith(`{"t":"${t}"`)).map(text => JSON.parse(text).entries)
    const turn = async () => {
      for (let i = 0; i < 10; i++) await new Promise(resolve => setImmediate(resolve))
    }
    const before = observer()
    await turn()
    expect(told(before, 'snapshot')).toMatchObject([[{ name: 'Ana' }], [{ name: 'Ana' }]])
    await server.erase('7')
    time.at += 600
    await turn()
    const unknown = { member: '7', state: 'unknown' }
    expect(
      told(before, 'diff')
        .flat()
        .toSorted((a, b) => Number(a.gone ?? 0) - Number(b.gone ?? 0)),
    ).toEqual([unknown, { ...unknown, gone: true, version: expect.any(Number) }])
    const late = observer()
    await turn()
    expect(told(late, 'snapshot')).toEqual([[unknown], []])
  })

  test('ends those who are here, with a reason', async () => {
    const { server, transport } = await wholeServer()
    const link = transport.connect()
    link.say(set('7'))
    expect(await server.erase('7')).toBe(true)
    expect(link.ended).toBe(4500)
  })
})

test('where there is nobody to erase, a ban stays', async () => {
  const { server } = await wholeServer()
  await server.bans.ban('never-seen', {})
  expect(await server.erase('never-seen')).toBe(false)
  expect(server.bans.of('never-seen')?.member).toBe('never-seen')
})

describe('kick', () => {
  test('for good, or so that it may come back', async () => {
    const { server, transport } = await wholeServer()
    const [a, b] = [transport.connect(), transport.connect()]
    a.say(set('a'))
    b.say(set('b'))
    expect(await server.kick('a', { reason: 'spam' })).toBe(1)
    expect(await server.kick('b', { mayReturn: true })).toBe(1)
    expect([a.ended, b.ended]).toEqual([4500, 4430])
    expect(await server.kick('nobody')).toBe(0)
  })
})

describe('session data', () => {
  const dataOf = async (server: Awaited<ReturnType<typeof wholeServer>>['server'], member: string) =>
    (await server.member(member))?.sessions[0]?.data

  test('stays with its session and goes with it', async () => {
    const { server, transport, store } = await wholeServer()
    transport.connect().say(set('7'))
    const id = (await server.member('7'))!.sessions[0]!.id
    expect(await dataOf(server, '7')).toBeNull()
    expect(await server.setSessionData(id, { room: 3 })).toBe(true)
    expect(await dataOf(server, '7')).toEqual({ room: 3 })
    expect(await store.notebook.get('session-data', id)).toEqual({ room: 3 })
    await server.setSessionData(id, null)
    expect(await dataOf(server, '7')).toBeNull()
    await server.setSessionData(id, 1)
    await server.kick('7')
    expect(await store.notebook.get('session-data', id)).toBeNull()
  })

  test('survives a restart with its session; what belongs to no session does not', async () => {
    const notebook = new MemoryNotebook()
    await notebook.put('session-data', '3', 'mine')
    await notebook.put('session-data', '4', 'of one that ended')
    const open = {
      id: 3,
      member: '7',
      instance: null,
      epoch: 0,
      dialect: 'heartbeat',
      lastEvidenceAt: 1,
      lastBeatAt: null,
      away: false,
      timing: null,
      groups: [],
    }
    const { server } = await wholeServer({ notebook, sessions: [open] })
    expect(server.session('3')?.data).toBe('mine')
    expect(await notebook.scan('session-data', null, 10)).toEqual([{ key: '3', value: 'mine' }])
  })

  test('set and taken away at once, or set as its session ends: memory and notebook agree', async () => {
    const { server, transport, store } = await wholeServer()
    transport.connect().say(set('7'))
    const id = (await server.member('7'))!.sessions[0]!.id
    await Promise.all([server.setSessionData(id, 1), server.setSessionData(id, null)])
    expect([await dataOf(server, '7'), await store.notebook.get('session-data', id)]).toEqual([null, null])
    const late = server.setSessionData(id, 2)
    await server.kick('7')
    await late
    expect(await store.notebook.get('session-data', id)).toBeNull()
  })

  test('that cannot be noted is not there', async () => {
    const { server, transport, store } = await wholeServer()
    transport.connect().say(set('7'))
    const id = (await server.member('7'))!.sessions[0]!.id
    store.notebook.put = async () => {
      throw new Error('full')
    }
    await expect(server.setSessionData(id, 1)).rejects.toThrow('full')
    expect(await dataOf(server, '7')).toBeNull()
  })

  test('has its limits, and needs an open session', async () => {
    const { server, transport } = await wholeServer()
    transport.connect().say(set('7'))
    const id = (await server.member('7'))!.sessions[0]!.id
    await expect(server.setSessionData(id, 'x'.repeat(4_095))).rejects.toMatchObject({ code: 'bad_data' })
    expect(await server.setSessionData(id, 'x'.repeat(4_094))).toBe(true)
    await expect(server.setSessionData(id, undefined)).rejects.toMatchObject({ code: 'bad_data' })
    for (const other of ['999', '', '01', 'x', '-1', '1e0'])
      expect(await server.setSessionData(other, 1)).toBe(false)
  })
})
