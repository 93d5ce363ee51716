// Every option of a server: one schema says what each is called, means, defaults to and accepts. Flags, environment
// names, config file keys, `--help` and the reference are all derived from it; no option is described twice.

import { z } from 'zod'
import { BREAKER_DEFAULTS } from '../../core/breaker.ts'
import { PRESETS } from '../../core/timing.ts'
import { accessOptions } from './access-options.ts'
import { kinds, UNLIMITED } from './option-kinds.ts'
import { type ListenInput, type ListenOption, readListen, readPort } from './option-listen.ts'
import { DURATION, SIZE, tell } from './option-meta.ts'
import { formatTiming, timing } from './option-timing.ts'

const DAY = 86_400_000
const YEARS = 36_500 * DAY
const MANY = 1_000_000_000

const { count, duration, list, oneOf, share, size, text, toggle } = kinds

const presetNames = Object.keys(PRESETS) as (keyof typeof PRESETS)[]
const wait = { least: 0, most: DAY, off: 0 }
const TIMING = { value: '<I/T/G>' } as const
const LEAST = { interval: 1_000, timeout: 500, grace: 0 }
const MOST = { interval: 300_000, timeout: 120_000, grace: 900_000 }

/** The schema. Keys are those of a config file. */
export const optionsSchema = z.strictObject({
  port: tell(
    kinds.of<number | string, number>(portOrNull, 'must be a whole number from 0 to 65535').default(9502),
    {
      about: 'Main port: WebSocket, pages and API. 0: any free port.',
      value: '<port>',
    },
  ),
  node: tell(
    text(
      input => /^[\w.:-]{1,64}$/.test(input),
      'must be 1 to 64 letters, digits, dots, colons, dashes or underscores',
    ).optional(),
    {
      about: 'Name of this server in answers: which node a session is on.',
      value: '<name>',
      otherwise: 'host name, port and six random characters',
    },
  ),
  host: tell(text(input => /^[^\s/]+$/.test(input), 'must be an address or host name').default('127.0.0.1'), {
    about:
      'Address the listeners bind to. Anything but this machine needs auth (--auth-secret, --auth-public-key, --auth-jwks or --auth-hook), or --open.',
    value: '<address>',
  }),
  listen: tell(list<string | ListenInput, ListenOption>(/\s+/, readListen).default([]), {
    about:
      'One more listener: `[host:]port=dialect`, then `,limit= ,grace=`, for native `,evidence=` and for gateway `,ping-interval= ,ping-not-response-limit= ,ping-data=`. ' +
      'Dialects: auto, native, heartbeat, members, gateway, uid. The main port given here changes what it speaks.',
    value: '<listener>',
    otherwise: 'none',
    many: 'spaces',
  }),
  published: tell(toggle().default(false), {
    about:
      'Ports of the published heartbeat pages (9502 auto, 8282 gateway, 8000 uid); lets in pages opened from a file.',
    value: '',
  }),
  data: tell(
    kinds.of<string | false, string | false>(folderOrOff, 'must be a folder, or off').default('./data'),
    {
      about: 'Folder of the data file; off: nothing is kept over a restart.',
      value: '<folder>',
    },
  ),
  durability: tell(oneOf(['normal', 'full']).default('normal'), {
    about:
      'What a power cut may cost: normal, the last moments; full, nothing, at the price of slower writes.',
    value: '<word>',
  }),
  prefix: tell(
    text(
      input => /^[A-Za-z0-9][\w.-]{0,63}$/.test(input),
      'must be 1 to 64 letters, digits, dots, dashes or underscores',
    ).default('systole'),
    { about: 'Namespace of keys and topics. Not a URL path.', value: '<name>' },
  ),
  open: tell(toggle().default(false), {
    about: 'Serve other machines, and any host name, although nobody has to prove who they are.',
    value: '',
  }),
  origin: tell(list<string, string>(/[\s,]+/, readOrigin).default([]), {
    about:
      'Web origin to let in besides this machine, such as https://example.org. `null`: pages opened from a file, and any sandboxed frame.',
    value: '<origin>',
    otherwise: 'none',
    many: 'commas or spaces',
  }),
  ...accessOptions,
  preset: tell(oneOf(presetNames).default('web'), {
    about:
      'Timing of native connections, interval/timeout/grace: fast 2/1/2 s, web 10/5/10 s, mobile 25/10/15 s, device 60/30/30 s (there only beats and messages prove life, pongs do not).',
    value: '<word>',
  }),
  interval: tell(duration({ least: 1, most: DAY }).optional(), {
    ...DURATION,
    about: 'Silence after which a native connection is asked by a ping.',
    otherwise: 'as the preset says',
  }),
  timeout: tell(duration({ least: 1, most: DAY }).optional(), {
    ...DURATION,
    about: 'How long the answer may take before the session is suspect.',
    otherwise: 'as the preset says',
  }),
  grace: tell(duration(wait).optional(), {
    ...DURATION,
    about: 'How long a suspect session may take to come back.',
    otherwise: 'as the preset says',
  }),
  timingLeast: tell(timing().default(LEAST), {
    ...TIMING,
    about:
      'The shortest interval/timeout/grace a native client may ask for; what is below is raised to it. The own timing of the server is always allowed.',
    otherwise: formatTiming(LEAST),
  }),
  timingMost: tell(timing().default(MOST), {
    ...TIMING,
    about: 'The longest interval/timeout/grace a native client may ask for; what is above is lowered to it.',
    otherwise: formatTiming(MOST),
  }),
  policy: tell(oneOf(['many', 'newest', 'oldest']).default('many'), {
    about: 'How many sessions a member may have: many, only the newest, or only the oldest.',
    value: '<word>',
  }),
  suspectAfter: tell(duration(wait).default(1_000), {
    ...DURATION,
    about: 'Suspicions shorter than this are not told. 0 or off: all are.',
  }),
  refreshGrace: tell(duration(wait).default(5_000), {
    ...DURATION,
    about: 'Grace after a page or program closed its connection.',
  }),
  restartGrace: tell(duration(wait).default(35_000), {
    ...DURATION,
    about:
      'Grace of sessions that were open when the server last stopped; of those that were away, at least 75 s; of those by HTTP, at least their period and grace.',
  }),
  awayAfter: tell(duration(wait).default(30_000), {
    ...DURATION,
    about: 'A hidden page is told as away after this long.',
  }),
  breaker: z.strictObject({
    share: tell(share({ least: 0.001, most: 1, off: UNLIMITED }).default(BREAKER_DEFAULTS.share), {
      about:
        'Mass silence: share of the sessions that must fall silent within the window before leaves are held. off: never held.',
      value: '<share>',
    }),
    least: tell(count({ least: 1, most: MANY }).default(BREAKER_DEFAULTS.least), {
      about: 'Mass silence: and at least so many sessions.',
      value: '<count>',
    }),
    window: tell(duration({ least: 100, most: 3_600_000 }).default(BREAKER_DEFAULTS.window), {
      ...DURATION,
      about: 'Mass silence: the window.',
    }),
    calm: tell(share({ least: 0.0001, most: 1 }).default(BREAKER_DEFAULTS.calm), {
      about: 'Mass silence: a newly silent share below this for a whole window ends the hold.',
      value: '<share>',
    }),
    hold: tell(duration({ least: 100, most: 3_600_000 }).default(BREAKER_DEFAULTS.hold), {
      ...DURATION,
      about: 'Mass silence: leaves are held no longer than this.',
    }),
    pace: tell(count({ least: 1, most: 1_000_000 }).default(BREAKER_DEFAULTS.pace), {
      about: 'Mass silence: leaves told per second after a hold.',
      value: '<count>',
    }),
  }),
  rate: z.strictObject({
    perSecond: tell(count({ least: 1, most: MANY, off: UNLIMITED }).default(100), {
      about:
        'Frames per second from one connection; a large one counts for several: one more for each 8 KiB, at most 50. More are dropped, and 3 s over it ends the connection. off: no limit.',
      value: '<count>',
    }),
    burst: tell(count({ least: 1, most: MANY, off: UNLIMITED }).default(200), {
      about: 'Frames that may come at once from one connection, counted the same way.',
      value: '<count>',
    }),
  }),
  maxMessage: tell(size({ least: 1_024, most: 2 ** 26 }).default(2 ** 22), {
    ...SIZE,
    about: 'Largest message from a connection; a larger one ends it with 1009.',
  }),
  maxQueued: tell(size({ least: 1_024, most: 2 ** 30 }).default(2 ** 20), {
    ...SIZE,
    about: 'What may wait to be sent to one connection; a slower reader is cut.',
  }),
  firstMessage: tell(duration({ least: 200, most: DAY }).default(90_000), {
    ...DURATION,
    about: 'A connection that has not said what it speaks is cut after this long.',
  }),
  firstHello: tell(duration({ least: 200, most: DAY }).default(10_000), {
    ...DURATION,
    about: 'A connection that asked for the native protocol and says no hello is closed after this long.',
  }),
  maxUndecided: tell(count({ least: 1, most: MANY, off: UNLIMITED }).nullable().default(null), {
    about: 'Connections per address that have not said yet what they speak. off: no limit.',
    value: '<count>',
    otherwise: '100, and no limit for this machine',
  }),
  keep: z.strictObject({
    membersFor: tell(duration({ least: 1_000, most: YEARS, off: UNLIMITED }).default(90 * DAY), {
      ...DURATION,
      about: 'Members are forgotten this long after they were last seen. off: never for age.',
    }),
    membersMost: tell(count({ least: 1, most: MANY, off: UNLIMITED }).default(1_000_000), {
      about: 'Members kept at most; the longest offline go first. off: no limit.',
      value: '<count>',
    }),
    logFor: tell(duration({ least: 1_000, most: YEARS, off: UNLIMITED }).default(7 * DAY), {
      ...DURATION,
      about: 'Transitions are kept this long. off: never deleted for age.',
    }),
    logMost: tell(count({ least: 1, most: MANY, off: UNLIMITED }).default(1_000_000), {
      about: 'Transitions kept at most. off: no limit.',
      value: '<count>',
    }),
  }),
  log: z.strictObject({
    level: tell(oneOf(['debug', 'info', 'warn', 'error', 'silent']).default('info'), {
      about: 'Least severe log lines to write.',
      value: '<word>',
    }),
    format: tell(oneOf(['auto', 'json', 'pretty']).default('auto'), {
      about: 'auto: human in a terminal, JSON elsewhere.',
      value: '<word>',
    }),
  }),
})

/** All options after parsing. */
export type Options = z.output<typeof optionsSchema>

function portOrNull(input: unknown): number | null {
  const reading = readPort(input)
  return 'value' in reading ? reading.value : null
}

function folderOrOff(input: unknown): string | false | null {
  if (input === false || input === 'off' || input === 'false') return false
  return typeof input === 'string' && input.trim() !== '' && input !== '0' && input !== 'true' ? input : null
}

function readOrigin(input: unknown) {
  if (input === 'null') return { value: 'null' }
  const url = typeof input === 'string' && URL.canParse(input) ? new URL(input) : null
  if (url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`)
    return { value: url.origin }
  return { problem: 'must be a web origin without a path, such as https://example.org, or null' }
}
