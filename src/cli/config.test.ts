// Where options come from and which of them wins.

import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gatherSettings, type Sources } from './config.ts'

const folder = mkdtempSync(join(tmpdir(), 'systole-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A folder of its own with these files. */
function folderWith(files: Record<string, string>): string {
  const made = mkdtempSync(join(folder, 'case-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text)
  return made
}

function gather(patch: Partial<Sources>) {
  return gatherSettings({ flags: new Map(), file: undefined, env: {}, folder: folderWith({}), ...patch })
}

describe('precedence', () => {
  const file = {
    'systole.config.json': '{"port": 1, "prefix": "file", "policy": "oldest", "listen": ["11=uid"]}',
  }

  test('flags, then environment, then file, then default', async () => {
    const settings = await gather({
      folder: folderWith(file),
      env: { SYSTOLE_PORT: '2', SYSTOLE_PREFIX: 'env', SYSTOLE_LISTEN: '12=uid  13=gateway' },
      flags: new Map<string, unknown>([['port', '3']]),
    })
    expect(settings).toMatchObject({ prefix: 'env', policy: 'oldest', durability: 'normal' })
    expect(settings.listeners.map(({ port }) => port)).toEqual([3, 12, 13])
  })

  test('a preset sets aside the timings of lower places, not its own', async () => {
    const settings = await gather({
      folder: folderWith({ 'systole.config.json': '{"interval": "20s", "grace": "1s"}' }),
      env: { SYSTOLE_PRESET: 'fast', SYSTOLE_GRACE: '3s' },
    })
    expect(settings.timing).toEqual({ interval: 2_000, timeout: 1_000, grace: 3_000 })
  })
})

describe('environment', () => {
  test('empty variables and those Kubernetes injects are not ours', async () => {
    const env = {
      SYSTOLE_PORT: 'tcp://10.0.0.1:9502',
      SYSTOLE_PORT_9502_TCP_ADDR: '10.0.0.1',
      SYSTOLE_SERVICE_HOST: '10.0.0.1',
      SYSTOLE_SERVICE_PORT_WS: '9502',
      SYSTOLE_HOST: '',
      OTHER: 'x',
    }
    expect((await gather({ env })).listeners[0]).toMatchObject({ host: '127.0.0.1', port: 9502 })
  })

  test.each(['AUTH_SECRET', 'AUTH_PUBLIC_KEY', 'AUTH_JWKS', 'AUTH_HOOK', 'AUTH_AUDIENCE', 'KEY', 'TLS_CERT'])(
    'an empty SYSTOLE_%s does not leave the door open',
    async name => {
      await expect(gather({ env: { [`SYSTOLE_${name}`]: '' } })).rejects.toThrow(
        `SYSTOLE_${name}: it is empty: give it a value, or unset it`,
      )
    },
  )

  test('an unknown variable names the nearest', async () => {
    await expect(gather({ env: { SYSTOLE_POTR: '1' } })).rejects.toThrow(
      'unknown environment variable SYSTOLE_POTR: did you mean SYSTOLE_PORT?',
    )
  })

  test('a bad value is named as it was given', async () => {
    await expect(gather({ env: { SYSTOLE_MAX_MESSAGE: 'big' } })).rejects.toMatchObject({
      code: 'bad_option',
      message: 'SYSTOLE_MAX_MESSAGE: "big" must be a size from 1KiB to 64MiB, such as 64KiB or 4MiB',
    })
  })
})

describe('file', () => {
  test('a module is imported, and may be named', async () => {
    const made = folderWith({ 'my.config.ts': 'const port: number = 77\nexport default { port }' })
    expect((await gather({ folder: made, file: 'my.config.ts' })).listeners[0]?.port).toBe(77)
    expect((await gather({ folder: made, env: { SYSTOLE_CONFIG: 'my.config.ts' } })).listeners[0]?.port).toBe(
      77,
    )
  })

  test.each<[string, Record<string, string>, string]>([
    [
      'unknown key',
      { 'systole.config.json': '{"prot":1}' },
      'unknown option prot in systole.config.json: did you mean port?',
    ],
    [
      'bad value',
      { 'systole.config.json': '{"log":{"level":"loud"}}' },
      'log.level in systole.config.json: "loud" must be one of debug, info, warn, error, silent',
    ],
    [
      'no object',
      { 'systole.config.json': '[]' },
      'the configuration in systole.config.json must be an object of options',
    ],
    ['no JSON', { 'systole.config.json': '{port' }, 'config file systole.config.json cannot be read'],
    [
      'throws',
      { 'systole.config.ts': 'throw new Error("boom")' },
      'config file systole.config.ts cannot be read: boom',
    ],
    [
      'two files',
      { 'systole.config.json': '{}', 'systole.config.ts': 'export default {}' },
      'both systole.config.ts and systole.config.json are there: remove one, or name it by --config',
    ],
  ])('%s', async (_, files, message) => {
    const error: unknown = await gather({ folder: folderWith(files) }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'bad_config', message: expect.stringContaining(message) })
  })

  test('one that is not there', async () => {
    await expect(gather({ file: 'gone.json' })).rejects.toThrow('there is no config file gone.json')
  })
})

test('the options that name files keep the names they were given by', async () => {
  const config = { auth: { publicKey: ['/nope'] }, tls: { cert: 'c', key: 'k' }, webhook: 'a=https://a/' }
  const { names } = await gather({
    folder: folderWith({ 'systole.config.json': JSON.stringify(config) }),
    env: { SYSTOLE_KEY: 'a=read:file:nowhere' },
    flags: new Map<string, unknown>([['auth.secret', 'x']]),
  })
  expect(names).toEqual({
    secret: '--auth-secret',
    oldSecret: '--auth-old-secret',
    publicKey: 'auth.publicKey in systole.config.json',
    hookSecret: '--auth-hook-secret',
    key: 'SYSTOLE_KEY',
    webhook: 'webhook in systole.config.json',
    tlsCert: 'tls.cert in systole.config.json',
    tlsKey: 'tls.key in systole.config.json',
  })
})
