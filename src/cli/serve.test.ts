// A server process and its signals: exit codes, and what is said on the way.

import { expect, test } from 'bun:test'
import { fileURLToPath } from 'node:url'

const PROCESS = fileURLToPath(new URL('../../test/support/serve-process.ts', import.meta.url))

/** Starts it, waits for the banner, sends each signal when the text before it was written; its output and code. */
async function run(words: readonly string[], signals: readonly [after: string, signal: NodeJS.Signals][]) {
  const child = Bun.spawn([process.execPath, PROCESS, ...words], { stdout: 'pipe', stderr: 'inherit' })
  const waiting = [...signals]
  let out = ''
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    out += chunk
    while (waiting[0] !== undefined && out.includes(waiting[0][0])) child.kill(waiting.shift()![1])
  }
  return { out, code: await child.exited }
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops in order: 0', async signal => {
  const { out, code } = await run(['orderly'], [['open mode', signal]])
  expect(code).toBe(0)
  const lines = out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(lines.map(({ msg }) => msg)).toContain('stopped')
  expect(lines.find(({ url }) => url !== undefined)).toMatchObject({
    level: 30,
    port: 9502,
    bound: 'offline after 30 s of silence',
  })
})

test('a second signal ends at once: 1', async () => {
  const { out, code } = await run(
    ['hanging'],
    [
      ['open mode', 'SIGTERM'],
      ['a second signal', 'SIGINT'],
    ],
  )
  expect(code).toBe(1)
  expect(out).not.toContain('stopped')
})

test('a stop that never ends is cut short: 1, within 5 s', async () => {
  const before = performance.now()
  const { out, code } = await run(['hanging'], [['open mode', 'SIGTERM']])
  expect(code).toBe(1)
  expect(out).toContain('stopping took too long')
  expect(performance.now() - before).toBeLessThan(5_000 + 1_000)
}, 10_000)

test('a stop that fails says why: 1', async () => {
  const { out, code } = await run(['failing'], [['open mode', 'SIGTERM']])
  expect(code).toBe(1)
  expect(out).toContain('disk full')
})

test('for people the banner is plain text', async () => {
  const { out, code } = await run(['orderly', 'pretty'], [['open mode', 'SIGTERM']])
  expect(code).toBe(0)
  expect(out).toContain('\n  ws://127.0.0.1:9502 speaks auto: offline after 30 s of silence\n')
  expect(out).toContain('INFO: stopped')
})

test('SIGHUP reads the certificate again, as often as it comes, and the server runs on', async () => {
  const { out, code } = await run(
    ['orderly', 'json', 'good'],
    [
      ['open mode', 'SIGHUP'],
      ['read again', 'SIGHUP'],
      ['shown this one', 'SIGTERM'],
    ],
  )
  expect([code, out.includes('stopped')]).toEqual([0, true])
})

test('a certificate that cannot be used is said, and the server runs on', async () => {
  const { out, code } = await run(
    ['orderly', 'json', 'bad'],
    [
      ['open mode', 'SIGHUP'],
      ['stays', 'SIGTERM'],
    ],
  )
  expect(out).toContain('--tls-key key.pem holds no private key; the certificate from before stays')
  expect([code, out.includes('stopped')]).toEqual([0, true])
})

test('where there is nothing to read again, SIGHUP stops in order: the terminal is gone', async () => {
  const { out, code } = await run(['orderly'], [['open mode', 'SIGHUP']])
  expect([code, out.includes('stopped')]).toEqual([0, true])
})
