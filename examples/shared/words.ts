// What a page says to people about its connection and about those it shows. It decides wording only.

import type { Member, StateChange } from '../../src/client/types.ts'

const STATES = {
  idle: 'not connected',
  connecting: 'connecting…',
  online: 'connected',
  probing: 'checking the connection…',
  waiting: 'not connected',
  closed: 'closed',
} as const

const CLOSED: Readonly<Record<string, string>> = {
  leave: 'you left',
  conflict: 'this session goes on elsewhere',
  refused: 'the server does not let this client in',
  token: 'the server did not take the token',
  unauthorized: 'nobody is signed in',
}

/** `connecting…`, `closed: you left`. */
export function stateWords(state: keyof typeof STATES, change: StateChange | null): string {
  if (state !== 'closed' || change === null) return STATES[state]
  const why = CLOSED[change.reason] ?? change.reason
  return `closed: ${why}${change.code === 0 || change.reason === 'leave' ? '' : ` (${change.code})`}`
}

/** `· trying again in 4 s`; nothing where no try is planned. `retryAt`, `now`: ms of one clock. */
export function retryWords(retryAt: number | null, now: number): string {
  return retryAt === null ? '' : `· trying again in ${Math.max(0, Math.ceil((retryAt - now) / 1000))} s`
}

/** `since 14:05`. */
export function sinceWords({ since }: Member): string {
  if (since === undefined) return ''
  return `since ${new Date(since).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`
}

/** By name, and by id where names are the same. */
export function sorted<M extends Member>(members: Iterable<M>): M[] {
  return [...members].sort(
    (a, b) => (a.name ?? a.member).localeCompare(b.name ?? b.member) || a.member.localeCompare(b.member),
  )
}

/** Who this tab is: the same after a reload, another one in another tab. Who signs people in knows better. */
export function guest(): string {
  const known = sessionStorage.getItem('guest')
  const id = known ?? `guest-${crypto.randomUUID().slice(0, 4)}`
  sessionStorage.setItem('guest', id)
  return id
}
