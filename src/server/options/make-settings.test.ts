// Every option reaches its setting, relations are checked, and each refusal is a readable line.

import { describe, expect, test } from 'bun:test'
import { SystoleError } from '../../errors.ts'
import type { Settings } from '../settings.ts'
import { type Config, settingsOf } from './make-settings.ts'
import { nearest } from './nearest.ts'
import { optionRows } from './option-table.ts'

const OFF = Number.MAX_SAFE_INTEGER
const KEY = 'a-long-random-text'
const WHSEC = `whsec_${'A'.repeat(32)}`

/** What is said to a config; '' when it is accepted. */
function refusal(config: object): string {
  try {
    settingsOf(config as Config)
    return ''
  } catch (error) {
    if (error instanceof SystoleError && error.code === 'bad_config') return error.message
    throw error
  }
}

test('defaults', () => {
  const settings = settingsOf({})
  expect(settings.listeners).toEqual([
    {
      host: '127.0.0.1',
      port: 9502,
      dialect: 'auto',
      limit: null,
      grace: null,
      evidence: null,
      pingInterval: 15_000,
      pingNotResponseLimit: 1,
      pingData: '',
      token: 'any',
    },
  ])
  expect(settings).toMatchObject({
    published: false,
    data: './data',
    durability: 'normal',
    prefix: 'systole',
    open: false,
    origins: [],
    timing: { interval: 10_000, timeout: 5_000, grace: 10_000 },
    evidence: 'any',
    timingLeast: { interval: 1_000, timeout: 500, grace: 0 },
    timingMost: { interval: 300_000, timeout: 120_000, grace: 900_000 },
    policy: 'many',
    suspectAfter: 1_000,
    refreshGrace: 5_000,
    restartGrace: 35_000,
    awayAfter: 30_000,
    breaker: { share: 0.3, least: 100, window: 5_000, calm: 0.01, hold: 30_000, pace: 1_000 },
    rate: { perSecond: 100, burst: 200 },
    maxMessage: 4_194_304,
    maxQueued: 1_048_576,
    firstMessage: 90_000,
    firstHello: 10_000,
    maxUndecided: null,
    node: null,
    trustedProxies: [],
    tls: null,
    auth: null,
    keys: [],
    webhooks: [],
    limits: {
      perAddress: null,
      perMember: 100,
      upgrades: null,
      bytes: 1_048_576,
      watched: 10_000,
      groups: 100,
      profile: 8_192,
      updates: 1,
      body: 1_048_576,
      requests: OFF,
      failures: null,
    },
    keep: { membersFor: 7_776_000_000, membersMost: 1_000_000, logFor: 604_800_000, logMost: 1_000_000 },
    log: { level: 'info', format: 'auto' },
  })
})

type Probe = [config: Config, read: (settings: Settings) => unknown, value: unknown]

const PROBES: Record<string, Probe> = {
  port: [{ port: '0' }, s => s.listeners[0]?.port, 0],
  host: [{ host: 'localhost' }, s => s.listeners[0]?.host, 'localhost'],
  listen: [{ listen: '8282=gateway' }, s => s.listeners[1]?.dialect, 'gateway'],
  published: [{ published: 'on' }, s => s.published, true],
  data: [{ data: 'off' }, s => s.data, false],
  durability: [{ durability: 'full' }, s => s.durability, 'full'],
  prefix: [{ prefix: 'shop-1' }, s => s.prefix, 'shop-1'],
  open: [{ open: true, host: '0.0.0.0' }, s => s.open, true],
  origin: [{ origin: 'https://a.example/, null' }, s => s.origins, ['https://a.example', 'null']],
  node: [{ node: 'eu-1.a:9502' }, s => s.node, 'eu-1.a:9502'],
  trustedProxy: [
    { trustedProxy: '10.0.0.0/8, ::1 2001:db8::/32' },
    s => s.trustedProxies,
    ['10.0.0.0/8', '::1', '2001:db8::/32'],
  ],
  'tls.cert': [{ tls: { cert: 'c.pem', key: 'k.pem' } }, s => s.tls?.cert, 'c.pem'],
  'tls.key': [{ tls: { cert: 'c.pem', key: 'k.pem' } }, s => s.tls?.key, 'k.pem'],
  'auth.secret': [{ auth: { secret: 'file:s' } }, s => s.auth?.secret, 'file:s'],
  'auth.oldSecret': [{ auth: { secret: 'x', oldSecret: 'file:o' } }, s => s.auth?.oldSecret, 'file:o'],
  'auth.publicKey': [{ auth: { publicKey: 'a.pem, b.json' } }, s => s.auth?.publicKey, ['a.pem', 'b.json']],
  'auth.jwks': [{ auth: { jwks: 'https://id.example/keys' } }, s => s.auth?.jwks, 'https://id.example/keys'],
  'auth.hook': [{ auth: { hook: 'http://10.0.0.7/who' } }, s => s.auth?.hook, 'http://10.0.0.7/who'],
  'auth.hookSecret': [
    { auth: { hook: 'http://a/', hookSecret: 'file:h' } },
    s => s.auth?.hookSecret,
    'file:h',
  ],
  'auth.hookTimeout': [{ auth: { hook: 'http://a/', hookTimeout: '2s' } }, s => s.auth?.hookTimeout, 2_000],
  'auth.issuer': [
    { auth: { secret: 'x', issuer: 'https://id.example' } },
    s => s.auth?.issuer,
    'https://id.example',
  ],
  'auth.audience': [{ auth: { secret: 'x', audience: 'presence' } }, s => s.auth?.audience, 'presence'],
  'auth.leeway': [{ auth: { secret: 'x', leeway: 'off' } }, s => s.auth?.leeway, 0],
  'auth.rights': [{ auth: { secret: 'x', rights: 'all' } }, s => s.auth?.rights, 'all'],
  key: [
    { key: `backend=read+push+read:${KEY}:1 beats=beat:file:k` },
    s => s.keys,
    [
      { name: 'backend', scopes: ['read', 'push'], secret: `${KEY}:1` },
      { name: 'beats', scopes: ['beat'], secret: 'file:k' },
    ],
  ],
  webhook: [
    { webhook: `crm=https://a.example/h?x=1,secret=${WHSEC},kinds=join+leave,type=car,private=on` },
    s => s.webhooks,
    [
      {
        name: 'crm',
        url: 'https://a.example/h?x=1',
        secret: WHSEC,
        kinds: ['join', 'leave'],
        type: 'car',
        group: null,
        allowPrivate: true,
      },
    ],
  ],
  'limits.perAddress': [{ limits: { perAddress: '7' } }, s => s.limits.perAddress, 7],
  'limits.perMember': [{ limits: { perMember: 'off' } }, s => s.limits.perMember, OFF],
  'limits.upgrades': [{ limits: { upgrades: 5 } }, s => s.limits.upgrades, 5],
  'limits.bytes': [{ limits: { bytes: '64KiB' } }, s => s.limits.bytes, 65_536],
  'limits.watched': [{ limits: { watched: 50 } }, s => s.limits.watched, 50],
  'limits.groups': [{ limits: { groups: 3 } }, s => s.limits.groups, 3],
  'limits.profile': [{ limits: { profile: '1KiB' } }, s => s.limits.profile, 1_024],
  'limits.updates': [{ limits: { updates: '10' } }, s => s.limits.updates, 10],
  'limits.body': [{ limits: { body: '4MiB' } }, s => s.limits.body, 4_194_304],
  'limits.requests': [{ limits: { requests: 20 } }, s => s.limits.requests, 20],
  'limits.failures': [{ limits: { failures: 'off' } }, s => s.limits.failures, OFF],
  preset: [{ preset: 'fast' }, s => s.timing, { interval: 2_000, timeout: 1_000, grace: 2_000 }],
  interval: [{ interval: '3s' }, s => s.timing.interval, 3_000],
  timeout: [{ timeout: 700 }, s => s.timing.timeout, 700],
  grace: [{ grace: 0 }, s => s.timing.grace, 0],
  timingLeast: [
    { timingLeast: '2s/1s/1s' },
    s => s.timingLeast,
    { interval: 2_000, timeout: 1_000, grace: 1_000 },
  ],
  timingMost: [
    { timingMost: '1m/30s/0' },
    s => s.timingMost,
    { interval: 60_000, timeout: 30_000, grace: 0 },
  ],
  policy: [{ policy: 'newest' }, s => s.policy, 'newest'],
  suspectAfter: [{ suspectAfter: false }, s => s.suspectAfter, 0],
  refreshGrace: [{ refreshGrace: '2s' }, s => s.refreshGrace, 2_000],
  restartGrace: [{ restartGrace: '1m' }, s => s.restartGrace, 60_000],
  awayAfter: [{ awayAfter: '5s' }, s => s.awayAfter, 5_000],
  'breaker.share': [{ breaker: { share: 'off' } }, s => s.breaker.share, OFF],
  'breaker.least': [{ breaker: { least: '7' } }, s => s.breaker.least, 7],
  'breaker.window': [{ breaker: { window: '1s' } }, s => s.breaker.window, 1_000],
  'breaker.calm': [{ breaker: { calm: '0.02' } }, s => s.breaker.calm, 0.02],
  'breaker.hold': [{ breaker: { hold: '1m' } }, s => s.breaker.hold, 60_000],
  'breaker.pace': [{ breaker: { pace: 5 } }, s => s.breaker.pace, 5],
  'rate.perSecond': [{ rate: { perSecond: 50 } }, s => s.rate.perSecond, 50],
  'rate.burst': [{ rate: { burst: 'off' } }, s => s.rate.burst, OFF],
  maxMessage: [{ maxMessage: '1MiB' }, s => s.maxMessage, 1_048_576],
  maxQueued: [{ maxQueued: '64KiB' }, s => s.maxQueued, 65_536],
  firstMessage: [{ firstMessage: '5s' }, s => s.firstMessage, 5_000],
  firstHello: [{ firstHello: '2s' }, s => s.firstHello, 2_000],
  maxUndecided: [{ maxUndecided: '3' }, s => s.maxUndecided, 3],
  'keep.membersFor': [{ keep: { membersFor: 'off' } }, s => s.keep.membersFor, OFF],
  'keep.membersMost': [{ keep: { membersMost: 10 } }, s => s.keep.membersMost, 10],
  'keep.logFor': [{ keep: { logFor: '1d' } }, s => s.keep.logFor, 86_400_000],
  'keep.logMost': [{ keep: { logMost: '20' } }, s => s.keep.logMost, 20],
  'log.level': [{ log: { level: 'debug' } }, s => s.log.level, 'debug'],
  'log.format': [{ log: { format: 'json' } }, s => s.log.format, 'json'],
}

test('every option of the table is probed', () => {
  expect(Object.keys(PROBES).sort()).toEqual(optionRows.map(row => row.key).sort())
})

test.each(Object.entries(PROBES))('%s reaches its setting', (_, [config, read, value]) => {
  expect(read(settingsOf(config))).toEqual(value)
})

describe('listeners', () => {
  test('published opens the three ports and admits pages from files', () => {
    const settings = settingsOf({ published: true, origin: ['null'] })
    expect(settings.listeners.map(({ port, dialect }) => [port, dialect])).toEqual([
      [9502, 'auto'],
      [8282, 'gateway'],
      [8000, 'uid'],
    ])
    expect(settings.origins).toEqual(['null'])
  })

  test('an entry on a standing port takes its place', () => {
    const { listeners } = settingsOf({
      port: 7000,
      published: true,
      listen: [
        '8000=uid,limit=40s,grace=12s',
        '7000=heartbeat,limit=off',
        '8282=gateway,ping-data={"a":1,"b":2}',
      ],
    })
    expect(listeners).toMatchObject([
      { port: 7000, dialect: 'heartbeat', limit: false },
      { port: 8282, dialect: 'gateway', pingData: '{"a":1,"b":2}' },
      { port: 8000, dialect: 'uid', limit: 40_000, grace: 12_000 },
    ])
  })

  test('hosts, objects, and many free ports', () => {
    const { listeners } = settingsOf({
      port: 0,
      listen: [
        '[::1]:0=uid',
        'localhost:0=members,grace=0',
        { port: 0, dialect: 'gateway', pingNotResponseLimit: 0 },
      ],
    })
    expect(listeners).toMatchObject([
      { port: 0, host: '127.0.0.1', dialect: 'auto' },
      { port: 0, host: '::1', dialect: 'uid' },
      { port: 0, host: 'localhost', dialect: 'members', grace: 0 },
      { port: 0, host: '127.0.0.1', dialect: 'gateway', pingNotResponseLimit: 0, limit: null },
    ])
  })
})

test.each<[object, string]>([
  [{ prot: 1 }, 'unknown option prot: did you mean port?'],
  [{ log: { levl: 1 } }, 'unknown option log.levl: did you mean log.level?'],
  [{ log: 'info' }, 'log must be an object of options'],
  [{ port: 'abc' }, 'port: "abc" must be a whole number from 0 to 65535'],
  [{ port: 65_536 }, 'port: 65536 must be a whole number from 0 to 65535'],
  [{ host: '' }, 'host: "" must be an address or host name'],
  [{ interval: 0 }, 'interval: 0 must be a duration from 1ms to 1d, such as 500ms, 40s, 2m, 1h or 90d'],
  [
    { firstMessage: 0 },
    'firstMessage: 0 must be a duration from 200ms to 1d, such as 500ms, 40s, 2m, 1h or 90d',
  ],
  [
    { keep: { logFor: 0 } },
    'keep.logFor: 0 must be a duration from 1s to 36500d, such as 500ms, 40s, 2m, 1h or 90d, or off',
  ],
  [{ maxMessage: '4m' }, 'maxMessage: "4m" must be a size from 1KiB to 64MiB, such as 64KiB or 4MiB'],
  [{ rate: { perSecond: 0 } }, 'rate.perSecond: 0 must be a whole number from 1 to 1000000000, or off'],
  [{ breaker: { share: 2 } }, 'breaker.share: 2 must be a number from 0.001 to 1, or off'],
  [{ published: 'maybe' }, 'published: "maybe" must be on or off (or true, false)'],
  [{ data: 0 }, 'data: 0 must be a folder, or off'],
  [{ prefix: 'a b' }, 'prefix: "a b" must be 1 to 64 letters, digits, dots, dashes or underscores'],
  [{ policy: 'all' }, 'policy: "all" must be one of many, newest, oldest'],
  [{ origin: '*' }, 'origin: "*" must be a web origin without a path, such as https://example.org, or null'],
  [{ listen: 5 }, 'listen: 5 must be a list: put it into [ ]'],
  [
    { listen: '8000' },
    'listen: "8000" must be written [host:]port=dialect, such as 8000=uid,limit=40s,grace=12s',
  ],
  [
    { listen: '8000=udi' },
    'listen: "8000=udi" dialect "udi" must be one of auto, native, heartbeat, members, gateway, uid',
  ],
  [
    { listen: '8000=uid,limt=1s' },
    'listen: "8000=uid,limt=1s" "limt" is no key of a listener; did you mean limit?',
  ],
  [
    { listen: '80000=uid' },
    'listen: "80000=uid" port "80000" must be a whole number from 0 to 65535 (0: any free port)',
  ],
  [
    { listen: '1=uid,limit=0' },
    'listen: "1=uid,limit=0" limit "0" must be a duration from 200ms to 1d, such as 500ms, 40s, 2m, 1h or 90d, or off',
  ],
  [
    { listen: '1=uid,limit=1s,limit=2s' },
    'listen: "1=uid,limit=1s,limit=2s" says limit twice: leave one out',
  ],
  [
    { listen: [{ port: 1, dialect: 'uid', pingData: 'x' }] },
    'listen: {"port":1,"dialect":"uid","pingData":"x"} pingData belongs to gateway, not to uid: leave it out',
  ],
  [
    { listen: '1=native,limit=1s' },
    'listen: "1=native,limit=1s" limit and grace belong to the published dialects: for native use --interval, --timeout and --grace',
  ],
  [
    { listen: '1=gateway,ping-interval=100' },
    'listen: "1=gateway,ping-interval=100" pingInterval x pingNotResponseLimit must be from 200ms to 1d, not 100ms: raise or lower one',
  ],
  [
    { listen: '1=native,evidence=pongs' },
    'listen: "1=native,evidence=pongs" evidence "pongs" must be any or beat',
  ],
  [
    { listen: '1=uid,evidence=beat' },
    'listen: "1=uid,evidence=beat" evidence belongs to native, not to uid: leave it out',
  ],
  [
    { timingLeast: '1s' },
    'timingLeast: "1s" must be interval/timeout/grace, such as 1s/500ms/0 or 5m/2m/15m, no timeout over ten intervals',
  ],
  [
    { timingLeast: '1s/20s/0' },
    'timingLeast: "1s/20s/0" must be interval/timeout/grace, such as 1s/500ms/0 or 5m/2m/15m, no timeout over ten intervals',
  ],
  [
    { timingMost: '1s/1s/0', timingLeast: '2s/1s/0' },
    'timingLeast: the least interval 2000 is over the most, 1000: lower one or raise the other',
  ],
  [{ listen: '1=uid 1=uid' }, 'listen: port 1 is asked for twice: give each listener its own'],
  [
    { host: '0.0.0.0' },
    'host: "0.0.0.0" lets other machines in, and nobody has to prove who they are: turn auth on (--auth-secret, --auth-public-key, --auth-jwks or --auth-hook), use --host 127.0.0.1, or --open to serve them all the same',
  ],
  [
    { interval: '1s', timeout: '20s' },
    'timeout: timeout 20000 is over ten times the interval 1000: raise interval or lower timeout',
  ],
  [
    { rate: { burst: 5 } },
    'rate.burst: a burst of 5 is below 100 a second: raise the burst or lower the rate',
  ],
  [{ breaker: { calm: 0.5 } }, 'breaker.calm: calm 0.5 must be below share 0.3: lower calm or raise share'],
  [
    { port: -1, policy: 'x' },
    'port: -1 must be a whole number from 0 to 65535\npolicy: "x" must be one of many, newest, oldest',
  ],
])('%j is refused', (config, message) => {
  expect(refusal(config)).toBe(message)
})

test('a config that is no object is refused', () => {
  for (const config of [null, [], 'x', 5])
    expect(() => settingsOf(config as never)).toThrow('must be an object')
})

test('no limit a second is none at once either', () => {
  expect(settingsOf({ rate: { perSecond: 'off' } }).rate).toEqual({ perSecond: OFF, burst: OFF })
})

test('the nearest name ignores case and separators', () => {
  const known = ['max-message', 'max-queued', 'port', 'host']
  expect(['maxMessage', 'MAX_QUEUD', 'prot', 'hots'].map(name => nearest(name, known))).toEqual(known)
  expect(nearest('x', [])).toBeNull()
})
