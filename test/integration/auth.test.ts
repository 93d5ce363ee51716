// Auth against real addresses, on both runtimes: a JWK set that changes and goes down, a hook that answers, redirects, never
// ends or drips, and tokens and keys at the API.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { NativeClient } from '../support/native-client.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { jwk, mint, SECRET } from '../support/tokens.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(30_000)

const hour = () => Math.floor(Date.now() / 1_000) + 3_600
const SET = { keys: [jwk('RS256', { kid: 'a' }), jwk('ES256', { kid: 'b' }), jwk('EdDSA', { kid: 'c' })] }
const KIDS = { RS256: 'a', ES256: 'b', EdDSA: 'c' } as const

type Answer = (request: Request) => Response | Promise<Response>

/** An address outside that answers as it is told. */
function outside(answer: Answer) {
  const stage = { answer, calls: 0 }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: request => {
      stage.calls++
      return stage.answer(request)
    },
  })
  return Object.assign(stage, { url: `${server.url.href}hidden-path`, stop: () => server.stop(true) })
}

/** What a hello with this token is answered: `welcome` and the member, or the error and the close code. */
async function hello(server: SystoleProcess, token: string): Promise<string> {
  const client = new NativeClient(`ws://127.0.0.1:${server.port('main')}/`)
  await client.connect()
  client.send({ t: 'hello', token, instance: client.instance, epoch: 1 })
  await waitFor('an answer', () => client.of('welcome').length > 0 || client.closes.length > 0, 15_000)
  const [welcome] = client.of('welcome') as unknown as { member: string }[]
  client.close()
  if (welcome !== undefined) return `welcome ${welcome.member}`
  const [error] = client.of('error') as unknown as { code: string }[]
  return `${error?.code} ${client.closes[0]}`
}

/** What a lookup is answered: the ids that are known, or the refusal. */
const lookup = async (server: SystoleProcess, authorization: string | null, ids = ['7']) => {
  const headers = {
    'content-type': 'application/json',
    ...(authorization !== null && { authorization }),
  }
  const body = JSON.stringify({ ids })
  const answer = await fetch(`${server.api.url}/v1/lookup`, { method: 'POST', headers, body })
  const { code } = (await answer.json()) as { code?: string }
  return answer.ok ? 'ok' : `${answer.status} ${code}`
}

describe.each([...RUNTIMES])('on %s', runtime => {
  describe('a JWK set', () => {
    const set = outside(() => Response.json(SET))
    let server: SystoleProcess
    beforeAll(async () => {
      server = await startServer({ runtime, args: ['--auth-jwks', set.url] })
    })
    afterAll(async () => {
      await server.kill()
      await set.stop()
    })

    test('lets in whom its keys signed, and is asked once for all of them', async () => {
      for (const alg of ['RS256', 'ES256', 'EdDSA'] as const) {
        const token = mint({ sub: alg, exp: hour() }, { alg, header: { kid: KIDS[alg] } })
        expect(await hello(server, token)).toBe(`welcome ${alg}`)
      }
      const storm = Array.from({ length: 50 }, (_, i) =>
        hello(server, mint({ sub: '7' }, { alg: 'ES256', header: { kid: `x${i}` } })),
      )
      expect(new Set(await Promise.all(storm))).toEqual(new Set(['unauthorized 4401']))
      expect(set.calls).toBe(1)
    })

    test('lets in nobody else', async () => {
      for (const token of [
        mint({ sub: '7' }, { alg: 'ES256', header: { kid: 'b', alg: 'RS256' } }),
        mint({ sub: '7' }, { secret: JSON.stringify(SET.keys[0]) }),
        mint({ sub: '7', exp: 1 }, { alg: 'EdDSA' }),
      ])
        expect(await hello(server, token)).toBe('unauthorized 4401')
    })
  })

  test('a JWK set that is down at the start is a warning; nobody comes in, nobody is sent away for good', async () => {
    const set = outside(() => new Response('', { status: 503 }))
    const server = await startServer({ runtime, args: ['--auth-jwks', set.url] })
    try {
      expect(await hello(server, mint({ sub: '7' }, { alg: 'ES256' }))).toBe('unavailable 1013')
      const lines = server.lines.filter(({ level, msg }) => level === 40 && msg.includes('--auth-jwks'))
      expect(lines.length).toBe(1)
      expect(lines[0]!.msg).toContain('it answers 503')
      expect(lines[0]!.msg).not.toContain('hidden-path')
    } finally {
      await server.kill()
      await set.stop()
    }
  })

  describe('a hook', () => {
    const hook = outside(() => new Response('', { status: 500 }))
    let server: SystoleProcess
    beforeAll(async () => {
      server = await startServer({ runtime, args: ['--auth-hook', hook.url, '--auth-hook-timeout', '1s'] })
    })
    afterAll(async () => {
      await server.kill()
      await hook.stop()
    })

    test('says who comes, by what came with the connection', async () => {
      let asked: Record<string, unknown> = {}
      hook.answer = async request => {
        asked = (await request.json()) as typeof asked
        return Response.json({ member: asked.token === 'sesame' ? 'ali' : null })
      }
      expect(await hello(server, 'sesame')).toBe('welcome ali')
      expect(asked).toMatchObject({ token: 'sesame', member: null, address: '127.0.0.1', dialect: 'native' })
    })

    test('that says no sends away', async () => {
      hook.answer = () => Response.json({ message: 'sign in first' }, { status: 403 })
      expect(await hello(server, 't')).toBe('unauthorized 4401')
    })

    test('that redirects to this machine is not followed', async () => {
      const inner = outside(() => Response.json({ member: 'admin' }))
      hook.answer = () => Response.redirect(inner.url, 307)
      expect(await hello(server, 't')).toBe('unavailable 1013')
      expect(inner.calls).toBe(0)
      await inner.stop()
    })

    test('that answers by the byte, without an end, or not at all, holds nobody longer than its time', async () => {
      const answers: Answer[] = [
        () => new Response(stream(10, new Uint8Array([0x20]))),
        () => new Response(stream(0, new Uint8Array(65_536).fill(0x20))),
        () => new Promise<Response>(() => {}),
      ]
      for (const answer of answers) {
        hook.answer = answer
        const began = performance.now()
        expect(await hello(server, 't')).toBe('unavailable 1013')
        expect(performance.now() - began).toBeLessThan(4_000)
      }
      hook.answer = () => Response.json({ member: 'ali' })
      expect(await hello(server, 't')).toBe('welcome ali')
    })
  })

  test('keys and tokens at the API', async () => {
    const args = [
      '--auth-secret',
      SECRET,
      '--key',
      'backend=read:a-long-random-text',
      '--limits-failures',
      '3',
    ]
    const server = await startServer({ runtime, args })
    try {
      expect(await lookup(server, null)).toBe('401 no_key')
      expect(await lookup(server, 'Bearer a-long-random-text')).toBe('ok')
      expect(await lookup(server, `Bearer ${mint({ sub: '7', exp: hour() })}`)).toBe('ok')
      expect(await lookup(server, `Bearer ${mint({ sub: '7', exp: 1 })}`)).toBe('401 bad_key')
      for (let i = 0; i < 3; i++) expect(await lookup(server, 'Bearer wrong')).toBe('401 bad_key')
      expect(await lookup(server, 'Bearer a-long-random-text')).toBe('429 too_many_failures')
      expect(JSON.stringify(server.lines)).not.toContain(SECRET)
    } finally {
      await server.kill()
    }
  })
})

/** Chunk after chunk, one every `ms`. */
function stream(ms: number, chunk: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull: async controller => {
      await Bun.sleep(ms)
      controller.enqueue(chunk)
    },
  })
}
