// One listener's side of the law: which dialect its connections speak and on what terms. Made once from the
// settings, shared by all connections of the listener.

import { makeTerms, type Terms } from '../core/terms.ts'
import { boundOf } from '../core/timing.ts'
import { gateway } from '../dialects/gateway.ts'
import { heartbeat } from '../dialects/heartbeat.ts'
import { members } from '../dialects/members.ts'
import { native } from '../dialects/native.ts'
import { NativeTerms } from '../dialects/native-terms.ts'
import {
  boundInWords,
  type PublishedName,
  type PublishedTerms,
  publishedTerms,
} from '../dialects/published-terms.ts'
import { uid } from '../dialects/uid.ts'
import type { Dialect } from '../dialects/wire.ts'
import type { ListenerSettings, Settings } from './settings.ts'

/** Many proxies cut what is silent for 30 s, in ms. */
const PROXY_PATIENCE = 25_000

const DIALECTS = { native, heartbeat, members, gateway, uid } as const

/** What every connection of a listener shares. */
export interface Port {
  readonly settings: ListenerSettings
  /** `null`: the first frame decides. */
  readonly dialect: Dialect | null
  /** Whether a connection here can be native. */
  readonly speaksNative: boolean
  readonly published: Readonly<Record<PublishedName, PublishedTerms>>
  /** Terms before the first message: nothing but a message will do, and soon. */
  readonly waiting: Terms
  /** The same where the native protocol was asked for: the hello is due sooner. */
  readonly greeting: Terms
  readonly native: NativeTerms
  /** The same for those who came through a proxy. */
  readonly proxied: NativeTerms
  /** `gateway`: sent with every probe; '' sends none. */
  readonly pingData: string
  /** The detection bound in words. */
  readonly bound: string
}

/** The port that `listener` describes. */
export function makePort(listener: ListenerSettings, settings: Settings): Port {
  const options = { ...listener, suspectAfter: settings.suspectAfter }
  const published = {
    heartbeat: publishedTerms('heartbeat', options),
    members: publishedTerms('members', options),
    gateway: publishedTerms('gateway', options),
    uid: publishedTerms('uid', options),
  }
  return {
    settings: listener,
    dialect: listener.dialect === 'auto' ? null : DIALECTS[listener.dialect],
    speaksNative: listener.dialect === 'auto' || listener.dialect === 'native',
    published,
    waiting: firstMessage(settings.firstMessage),
    greeting: firstMessage(settings.firstHello),
    native: nativeTerms(listener, settings, {}),
    proxied: nativeTerms(listener, settings, { probeAtMost: PROXY_PATIENCE }),
    pingData: listener.dialect === 'gateway' ? listener.pingData : '',
    bound: boundOfPort(listener, settings, name => boundInWords(name, options)),
  }
}

function nativeTerms(
  { evidence }: ListenerSettings,
  settings: Settings,
  more: { readonly probeAtMost?: number },
): NativeTerms {
  const { timingLeast: least, timingMost: most } = settings
  return new NativeTerms({ ...settings, forcedEvidence: evidence, least, most, ...more })
}

// One duration, cut in two only because terms have two.
function firstMessage(deadline: number): Terms {
  const timing = { interval: Math.ceil(deadline / 2), timeout: Math.floor(deadline / 2), grace: 0 }
  return makeTerms('undecided', timing, { evidence: 'none', probe: false, silenceGrace: 0, closeGrace: 0 })
}

function boundOfPort(
  listener: ListenerSettings,
  settings: Settings,
  inWords: (name: PublishedName) => string,
): string {
  const { dialect } = listener
  const native = `offline after ${boundOf(settings.timing) / 1_000} s of silence`
  if (dialect === 'native') return native
  if (dialect !== 'auto') return inWords(dialect)
  return `heartbeat ${inWords('heartbeat')}, members ${inWords('members')}, native ${native}`
}
