// How commands reach a running server over HTTP: which address `--url` means, one call with patience, and what is said
// when nobody answers, or somebody else. It knows no route.

import { SystoleError } from '../errors.ts'
import { isLoopback } from '../server/guard.ts'
import { visible } from './visible.ts'

/** What `--url` is unless it is given. */
export const DEFAULT_URL = 'http://127.0.0.1:9502'

/** An answer, read. `body`: its text where it is no JSON. */
export interface Answer {
  readonly ok: boolean
  readonly status: number
  readonly body: unknown
}

const PATIENCE = 10_000

/** The base that `--url` names, with a slash at its end. Throws `bad_option`. */
export function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^(https?|wss?):$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new SystoleError(
      'bad_option',
      `--url ${JSON.stringify(text)} must be a web address, such as ${DEFAULT_URL}`,
    )
  const base = new URL(url.pathname.replace(/\/*$/, '/'), url)
  base.protocol = url.protocol.replace('ws', 'http')
  if (isLoopback(base.hostname)) goDirect(base.hostname)
  return base
}

/** Calls `path` below `base`. Throws `not_running` when nothing answers. */
export async function callServer(base: URL, path: string, init: RequestInit = {}): Promise<Answer> {
  try {
    const response = await fetch(new URL(path, base), { ...init, signal: AbortSignal.timeout(PATIENCE) })
    return { ok: response.ok, status: response.status, body: parsed(await response.text()) }
  } catch (cause) {
    throw new SystoleError('not_running', whyNot(base, cause), { cause })
  }
}

function whyNot({ origin, protocol, host }: URL, error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
  const named = String(cause?.code ?? code ?? '')
  if (protocol === 'http:' && /SOCKET|RESET|HPE/.test(named))
    return `who answers at ${origin} hangs up: if it speaks TLS, ask by --url https://${host}`
  if (!/CERT|SIGNATURE|ISSUER/.test(named))
    return `no server answers at ${origin}: start one with systole serve, or name another by --url`
  const mend = 'name the file that is to be believed in NODE_EXTRA_CA_CERTS'
  return `${origin} shows a certificate that nobody vouches for (${named}): ${mend}, or correct --url`
}

/** What an answer that is an error says. */
export function errorOf({ body, status }: Answer): { readonly code: string; readonly message: string } {
  const { code, detail } = (body as { code?: unknown; detail?: unknown } | null) ?? {}
  if (typeof detail === 'string') return { code: String(code), message: visible(detail) }
  // the doorman refuses in plain words; a page of somebody else's is not worth showing
  const line = typeof body === 'string' && /^[^<\n]{1,300}\n?$/.test(body) ? `: ${visible(body.trim())}` : ''
  return { code: '', message: `HTTP ${status}${line}` }
}

/** That somebody answers, but not as one of ours. */
export function notOurs(base: URL, said: string): SystoleError {
  return new SystoleError(
    'not_running',
    `${base.origin} does not answer as a Systole server: ${said}; correct --url`,
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

// `http_proxy` may be set for other programs: a proxy would look for this machine's server on its own.
function goDirect(hostname: string): void {
  const { env } = process
  const before = env.no_proxy ?? env.NO_PROXY
  env.no_proxy = env.NO_PROXY = [
    ...(before ? [before] : []),
    hostname,
    hostname.replace(/^\[|\]$/g, ''),
  ].join(',')
}
