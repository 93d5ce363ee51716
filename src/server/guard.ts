// Who may talk to a server that asks nobody who they are: programs and pages of this machine. A page of any other
// site must not reach it through the visitor's browser, nor by a name that was made to point here.

/** What the guard goes by. */
export interface GuardOptions {
  /** Serve any host name. */
  readonly open: boolean
  /** Origins let in besides loopback; 'null' among them admits pages opened from a file. */
  readonly origins: readonly string[]
}

/** Why a request is refused, with the option that would let it in. */
export interface Refused {
  readonly message: string
}

const LOOPBACK = /^(localhost|([\w-]+\.)+localhost|127(\.\d{1,3}){3}|\[::1\])$/i

/** Whether an address or host name means this machine. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host) || host === '::1'
}

/** `null` when the request may pass. Headers as sent; `null`: absent. */
export function guard(options: GuardOptions, host: string | null, origin: string | null): Refused | null {
  const name = hostName(host)
  if (!options.open && (name === null || !isLoopback(name)))
    return { message: `host ${quote(host)} is not this machine: use http://localhost, or start with --open` }
  if (origin === null || options.origins.includes(origin)) return null
  const from = originHost(origin)
  if (from !== null && (isLoopback(hostName(from) ?? '') || (options.open && from === host))) return null
  return { message: `origin ${quote(origin)} is not let in: start with --origin ${quote(origin)}` }
}

function hostName(host: string | null): string | null {
  return host === null ? null : (/^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(host)?.[1] ?? null)
}

function originHost(origin: string): string | null {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1] ?? null
}

function quote(value: string | null): string {
  return value === null ? '(none)' : JSON.stringify(value.slice(0, 100))
}
