// How the options of tokens, keys, endpoints and TLS agree with each other. An option that would do nothing as things stand
// is a problem: who gave it counts on it.

import type { Settings } from '../settings.ts'
import type { Options } from './options-schema.ts'

/** What two options, or one and what is missing, cannot be. */
export interface Problem {
  /** File keys of the options that clash, the likeliest culprit first. */
  readonly keys: readonly string[]
  readonly text: string
}

const OF_TOKENS = ['auth.issuer', 'auth.audience', 'auth.leeway']
const OF_HOOK = ['auth.hookSecret', 'auth.hookTimeout']
const OF_EITHER = ['auth.rights']

/** `isGiven`: somebody gave this option; what is not has its default. */
export function accessProblems(
  options: Options,
  settings: Settings,
  isGiven: (key: string) => boolean,
): Problem[] {
  return [...tlsProblems(options), ...authProblems(options, isGiven), ...twins(settings)]
}

function tlsProblems({ tls }: Options): Problem[] {
  if ((tls.cert === undefined) === (tls.key === undefined)) return []
  const text = 'TLS needs a certificate and its key: give --tls-cert and --tls-key'
  return [{ keys: ['tls.cert', 'tls.key'], text }]
}

function authProblems({ auth }: Options, isGiven: (key: string) => boolean): Problem[] {
  const tokens = auth.secret !== undefined || auth.jwks !== undefined || auth.publicKey.length > 0
  const hook = auth.hook !== undefined
  const idle = (keys: string[], text: string) => keys.filter(isGiven).map(key => ({ keys: [key], text }))
  if (auth.oldSecret !== undefined && auth.secret === undefined)
    return [{ keys: ['auth.oldSecret'], text: 'it stands beside a newer one: give that by --auth-secret' }]
  if (tokens && hook)
    return [{ keys: ['auth.hook'], text: 'either a hook says who comes or a token does: leave one out' }]
  if (tokens) return idle(OF_HOOK, 'nobody is asked without --auth-hook: give it, or leave this out')
  if (hook) return idle(OF_TOKENS, 'with --auth-hook no token is looked at: leave this out')
  return [
    ...idle(
      OF_TOKENS,
      'nothing is there to verify tokens by: give --auth-secret, --auth-public-key or --auth-jwks',
    ),
    ...idle(OF_HOOK, 'nobody is asked without --auth-hook: give it, or leave this out'),
    ...idle(
      OF_EITHER,
      'nobody is asked who they are: give --auth-secret, --auth-public-key, --auth-jwks or --auth-hook, or leave this out',
    ),
  ]
}

function twins({ keys, webhooks }: Settings): Problem[] {
  const lists = [
    ['key', keys],
    ['webhook', webhooks],
  ] as const
  return lists.flatMap(([key, named]) => {
    const twice = named.find(({ name }, i) => named.findIndex(other => other.name === name) < i)
    if (twice === undefined) return []
    return [{ keys: [key], text: `there are two of the name ${twice.name}: each needs its own` }]
  })
}
