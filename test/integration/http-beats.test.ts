// Beats by HTTP on a running server: one id through silence, a socket and DELETE; a restart; keys; and bodies that are wrong.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { frames } from '../support/load-links.ts'
import { connect } from '../support/raw-socket.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'

setDefaultTimeout(60_000)

const BEAT_KEY = 'a-key-for-beats-alone'
const READ_KEY = 'a-key-to-read-alone'

/** Status and body of a request to `/v1/beats`. */
async function ask(
  server: SystoleProcess,
  method: string,
  { path = '', body, key }: { path?: string; body?: BodyInit; key?: string } = {},
) {
  const response = await fetch(`${server.api.url}/v1/beats${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

const post = (server: SystoleProcess, body: unknown, key?: string) =>
  ask(server, 'POST', { body: JSON.stringify(body), ...(key !== undefined && { key }) })

describe.each([...RUNTIMES])('beats by HTTP on %s', runtime => {
  let server: SystoleProcess

  beforeAll(async () => {
    server = await startServer({ runtime, listen: { auto: 'auto,limit=20s,grace=300ms' } })
  })
  afterAll(() => server.kill())

  test('one id through silence, a socket and DELETE', async () => {
    const { api } = server
    const beat = { id: 'job', period: 1_500, grace: 3_000, name: 'Nightly', type: 'job' }
    const first = await post(server, beat)
    expect(first).toEqual({
      status: 200,
      body: { id: 'job', state: 'online', sinceLast: null, version: expect.any(Number) },
    })
    const second = (await post(server, beat)).body
    expect(second).toMatchObject({ state: 'online', version: first.body.version })
    expect(second.sinceLast).toBeWithin(0, 1_500)

    // silence: suspect after 3 s, offline after 4.5 s
    const heard = (await api.member('job'))!.lastBeatAt!
    const suspect = await api.is('job', 'suspect', 10_000)
    expect(suspect.reason).toBe('lost')
    const gone = await api.is('job', 'offline', 10_000)
    expect(suspect.since - heard).toBeWithin(2_999, 3_000 + (await api.slack()))
    expect(gone.since - heard).toBeWithin(4_499, 4_500 + (await api.slack()))
    expect(gone).toMatchObject({ reason: 'lost', name: 'Nightly', type: 'job', sessions: 0 })
    const back = (await post(server, { id: 'job' })).body
    expect(back).toMatchObject({ state: 'online', sinceLast: null })
    expect(back.version).toBeGreaterThan(gone.version)

    // a socket of the same member: what happens by HTTP is told to nobody
    const link = await connect(server.port('auto'))
    link.sendText(frames.set('job', 'Nightly'))
    await api.is('job', 'online')
    expect((await post(server, { id: 'job', period: 1_000, grace: 0 })).body.version).toBe(back.version)
    const both = await api.sessions()
    expect(both.map(({ dialect, address }) => [dialect, address === null])).toEqual([
      ['http', true],
      ['heartbeat', false],
    ])
    await Bun.sleep(1_500)
    expect(await api.member('job')).toMatchObject({ state: 'online', sessions: 1, version: back.version })
    expect((await post(server, { id: 'job' })).body).toMatchObject({ sinceLast: null, version: back.version })

    expect(await ask(server, 'DELETE', { path: '/job' })).toEqual({ status: 204, body: null })
    expect(await ask(server, 'DELETE', { path: '/job' })).toMatchObject({
      status: 404,
      body: { code: 'unknown_beat' },
    })
    expect(await api.member('job')).toMatchObject({ state: 'online', sessions: 1, version: back.version })
    await post(server, { id: 'job' })
    link.destroy()
    await Bun.sleep(700)
    expect(await api.member('job')).toMatchObject({ state: 'online', sessions: 1, version: back.version })
    const bye = await post(server, { id: 'job', bye: true })
    expect(bye.body).toMatchObject({ id: 'job', state: 'offline' })
    expect(await api.member('job')).toMatchObject({ state: 'offline', reason: 'left', sessions: 0 })
  })

  test('a list is answered one by one; a wrong one refuses all, before anything is done', async () => {
    const many = await ask(server, 'POST', {
      body: '{"beats":[{"id":"l1"},{"id":12345678901234567890},{"id":"nobody","bye":true}]}',
    })
    expect(many.status).toBe(200)
    expect(many.body.beats).toMatchObject([
      { id: 'l1', state: 'online', sinceLast: null },
      { id: '12345678901234567890', state: 'online' },
      { id: 'nobody', error: 'unknown_member' },
    ])
    const wrong = await post(server, { beats: [{ id: 'l2' }, { id: 'l3', perod: 1 }, { id: 'l4' }] })
    expect(wrong).toMatchObject({ status: 400, body: { code: 'bad_body' } })
    expect(wrong.body.detail).toStartWith('beats.1: unknown key "perod"')
    expect(await server.api.member('l2')).toBeNull()
    expect(await post(server, { id: 'nobody', bye: true })).toMatchObject({
      status: 404,
      body: { code: 'unknown_member' },
    })
  })

  test('what is no beat', async () => {
    const refused = async (body: BodyInit) => {
      const answer = await ask(server, 'POST', { body })
      return [answer.status, answer.body.code]
    }
    expect(await refused('')).toEqual([400, 'bad_body'])
    expect(await refused('{"id":"x"')).toEqual([400, 'bad_body'])
    expect(await refused(new Uint8Array([0x7b, 0xff, 0x7d]))).toEqual([400, 'bad_body'])
    expect(await refused('{"id":""}')).toEqual([400, 'bad_id'])
    expect(await refused('['.repeat(100_000))).toEqual([400, 'bad_body'])
    expect(await refused(`{"id":"x","name":"${'x'.repeat(1_100_000)}"}`)).toEqual([413, 'too_large'])
    const plain = await fetch(`${server.api.url}/v1/beats`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{"id":"x"}',
    })
    expect(plain.status).toBe(415)
    expect((await ask(server, 'GET')).status).toBe(405)
    expect(await server.api.member('x')).toBeNull()
  })

  test('a job goes on over a restart, and nothing is told of it', async () => {
    const data = mkdtempSync(join(tmpdir(), 'systole-beats-'))
    try {
      const before = await startServer({ runtime, data })
      const first = (await post(before, { id: 'job', name: 'Nightly' })).body
      before.signal('SIGTERM')
      await before.exited
      const after = await startServer({ runtime, data })
      expect(await after.api.member('job')).toMatchObject({ state: 'suspect', sessions: 1 })
      const again = (await post(after, { id: 'job' })).body
      expect(again).toMatchObject({ state: 'online', version: first.version })
      expect(again.sinceLast).toBeGreaterThan(0)
      await after.kill()
    } finally {
      rmSync(data, { recursive: true })
    }
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)('what jobs agreed on goes on after %s', async signal => {
    const data = mkdtempSync(join(tmpdir(), 'systole-beats-'))
    const args = ['--restart-grace', '500ms']
    try {
      const before = await startServer({ runtime, data, args })
      const ids = ['early', 'late', 'dead']
      const agreed = { period: 3_000, grace: 1_000 }
      const first = await post(before, { beats: ids.map(id => ({ id })) })
      // agreed anew: no transition tells of it
      expect(await post(before, { beats: ids.map(id => ({ id, ...agreed })) })).toMatchObject({
        body: { beats: first.body.beats.map(({ version }: { version: number }) => ({ version })) },
      })
      await post(before, { id: 'hourly', period: 3_600_000 })
      // what a kill may cost is the last 100 ms
      await Bun.sleep(500)
      before.signal(signal)
      await before.exited
      const after = await startServer({ runtime, data, args })
      const startedAt = Date.now()
      await post(after, { id: 'early' })
      await Bun.sleep(2_000)
      const back = await post(after, { beats: [{ id: 'early' }, { id: 'late' }] })
      expect(back.body.beats).toMatchObject(
        first.body.beats
          .slice(0, 2)
          .map(({ version }: { version: number }) => ({ state: 'online', version })),
      )
      const dead = await after.api.is('dead', 'offline', 10_000)
      expect(dead.reason).toBe('node_lost')
      expect(dead.since - startedAt).toBeWithin(2_000, 4_000 + (await after.api.slack()))
      for (const id of ['early', 'late']) {
        const { since, lastBeatAt, reason } = await after.api.is(id, 'offline', 10_000)
        expect(since - lastBeatAt!).toBeWithin(3_999, 4_000 + (await after.api.slack()))
        expect(reason).toBe('lost')
      }
      expect(await after.api.member('hourly')).toMatchObject({ state: 'suspect', reason: 'node_lost' })
      await after.kill()
    } finally {
      rmSync(data, { recursive: true })
    }
  })

  test('with keys: only the scope beat, or admin', async () => {
    const keyed = await startServer({
      runtime,
      args: ['--key', `jobs=beat:${BEAT_KEY}`, '--key', `reader=read:${READ_KEY}`],
    })
    expect((await post(keyed, { id: 'x' })).status).toBe(401)
    expect((await post(keyed, { id: 'x' }, 'a-key-that-is-none-of-them')).status).toBe(401)
    expect((await post(keyed, { id: 'x' }, READ_KEY)).status).toBe(403)
    expect((await post(keyed, { id: 'x' }, BEAT_KEY)).status).toBe(200)
    expect((await ask(keyed, 'DELETE', { path: '/x', key: READ_KEY })).status).toBe(403)
    expect((await ask(keyed, 'DELETE', { path: '/x', key: BEAT_KEY })).status).toBe(204)
    await keyed.kill()
  })
})
