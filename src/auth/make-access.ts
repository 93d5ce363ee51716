// Makes out of the settings what says who somebody is: of connections and of callers of the API. One count of failures is
// kept for both. Reads secrets and key files; what is wrong with them is told here, at the start.

import type { Clock } from '../core/clock.ts'
import type { Log } from '../server/log.ts'
import type { AuthSettings, OptionNames, Settings } from '../server/settings.ts'
import { secretBytes } from '../signature.ts'
import { type CallerOf, makeCallerOf } from './access.ts'
import type { Authority, Credentials, Verdict } from './authority.ts'
import type { ClaimRules } from './claims.ts'
import { FailureLimit } from './failure-limit.ts'
import { HookAuthority } from './hook-authority.ts'
import { JwkSet } from './jwk-set.ts'
import { keysInFile } from './key-file.ts'
import { makeKeyring } from './keyring.ts'
import { badOption, type ReadFile, readWhole, secretOf, textOf } from './option-file.ts'
import type { Bounds, Fetch } from './outside.ts'
import { TokenAuthority } from './token-authority.ts'
import { secretKey } from './verify-key.ts'

/** What it needs from outside. */
export interface MakeAccessParts {
  readonly clock: Clock
  /** The wall clock, in ms since 1970. */
  readonly wall: () => number
  readonly random: (bytes: number) => Uint8Array
  readonly log: Log
  /** Whether an address is of this machine. */
  readonly isLocal: (address: string) => boolean
  /** @default the global one */
  readonly fetch?: Fetch
  /** @default AbortSignal.timeout */
  readonly timeout?: Bounds['timeout']
  readonly read?: ReadFile
}

export interface Access {
  /** `null`: open mode. */
  readonly authority: Authority | null
  readonly callerOf: CallerOf
}

type AccessSettings = Pick<Settings, 'auth' | 'keys' | 'limits' | 'names'>

/** Throws `bad_option`. Begins to fetch the JWK set; does not wait for it. */
export function makeAccess(settings: AccessSettings, parts: MakeAccessParts): Access {
  const { auth, keys, limits, names } = settings
  const { clock, log, isLocal, read = readWhole } = parts
  const failures = new FailureLimit(limits.failures, isLocal, clock, (address, most) =>
    log.warn(
      { stage: 'auth', address },
      `${most} wrong keys and tokens within a minute: no more are looked at`,
    ),
  )
  const rules = {
    rights: auth?.rights ?? 'own',
    mostProfile: limits.profile,
    mostGroups: limits.groups,
  } as const
  const keyring = makeKeyring(keys, read, names.key)
  const tokens = auth === null || auth.hook !== null ? null : tokenAuthority(auth, rules, names, parts)
  const hook =
    auth === null || auth.hook === null ? null : hookAuthority(auth, auth.hook, rules, names, parts)
  const inner = tokens ?? hook
  return {
    authority: inner && limited(inner, failures),
    callerOf: makeCallerOf({ keyring, tokens, open: auth === null, failures }),
  }
}

/** Verifies tokens by the secret, the key files and the JWK set of the settings. */
export function tokenAuthority(
  auth: AuthSettings,
  rules: ClaimRules,
  names: OptionNames,
  parts: MakeAccessParts,
): TokenAuthority {
  const { clock, log, wall, read = readWhole } = parts
  const { fetch = globalThis.fetch, timeout = afterwards } = parts
  const files = auth.publicKey.flatMap(path => keysInFile(names.publicKey, path, read))
  const given = [
    [names.secret, auth.secret],
    [names.oldSecret, auth.oldSecret],
  ] as const
  const secrets = given.flatMap(([name, secret]) =>
    secret === null ? [] : [secretKey(secretOf(name, secret, read))],
  )
  const jwks = auth.jwks === null ? null : new JwkSet(auth.jwks, { fetch, timeout, clock, log })
  const { issuer, audience, leeway } = auth
  return new TokenAuthority(
    { ...rules, issuer, audience, leeway },
    { keys: [...secrets, ...files], jwks, wall },
  )
}

/** Asks the hook of the settings. */
export function hookAuthority(
  auth: AuthSettings,
  url: string,
  rules: ClaimRules,
  names: OptionNames,
  parts: MakeAccessParts,
): HookAuthority {
  const { fetch = globalThis.fetch, timeout = afterwards, read = readWhole, random, clock, wall, log } = parts
  const text = auth.hookSecret === null ? null : textOf(names.hookSecret, auth.hookSecret, read)
  const secret = text === null ? null : secretBytes(text)
  if (text !== null && secret === null)
    throw badOption(names.hookSecret, 'it must be whsec_ and base64 of 24 to 64 bytes')
  const hookRules = { ...rules, url, secret, within: auth.hookTimeout }
  return new HookAuthority(hookRules, { fetch, timeout, random, clock, wall, log })
}

// Who shows nothing guesses nothing.
function limited(authority: Authority, failures: FailureLimit): Authority {
  const note = (verdict: Verdict & { readonly expired?: true }, { token, address }: Credentials): Verdict => {
    if (!verdict.ok && verdict.why === 'unauthorized' && verdict.expired !== true && token !== null)
      failures.failed(address)
    return verdict
  }
  return {
    authorize: credentials => {
      const wait = credentials.token === null ? 0 : failures.wait(credentials.address)
      if (wait > 0) return tooMany(wait)
      const verdict = authority.authorize(credentials)
      return verdict instanceof Promise
        ? verdict.then(later => note(later, credentials))
        : note(verdict, credentials)
    },
  }
}

function tooMany(wait: number): Verdict {
  const message = `too many wrong tokens from this address: come back in ${Math.ceil(wait / 1_000)} s`
  return { ok: false, why: 'unavailable', message }
}

function afterwards(ms: number): AbortSignal {
  return AbortSignal.timeout(ms)
}
