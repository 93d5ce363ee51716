// The HTTP API as a test reads it: plain fetches, whole lists, and the one member that a test is about.

import { waitFor } from './wait.ts'

export interface Member {
  readonly id: string
  readonly name: string | null
  readonly type: string | null
  readonly state: 'online' | 'away' | 'suspect' | 'offline'
  readonly since: number
  readonly joinedAt: number | null
  readonly lastEvidenceAt: number | null
  readonly lastBeatAt: number | null
  readonly reason: string | null
  readonly version: number
  readonly sessions: number
}

export interface Session {
  readonly id: string
  readonly member: string | null
  readonly clientId: string | null
  readonly dialect: string
  readonly state: string
  readonly lastEvidenceAt: number
  readonly lastBeatAt: number | null
  readonly address: string | null
}

export interface Health {
  readonly members: Readonly<Record<Member['state'], number>>
  readonly sessions: number
  readonly connections: number
  readonly held: boolean
  readonly counters: Readonly<Record<string, number>>
}

export interface Api {
  readonly url: string
  get<T>(path: string): Promise<T>
  /** All pages. */
  members(query?: string): Promise<Member[]>
  member(id: string): Promise<Member | null>
  /** All pages. */
  sessions(anonymous?: boolean): Promise<Session[]>
  health(): Promise<Health>
  /** Resolves when the member is in this state. */
  is(id: string, state: Member['state'], withinMs?: number): Promise<Member>
  count(name: string): Promise<number>
  /** How late a deadline may be: two ticks, what a busy machine adds, and what the server itself did not run. */
  slack(): Promise<number>
}

const TICKS = 200
const BUSY = 250

export function apiOf(host: string, port: number): Api {
  const url = `http://${host}:${port}`
  const get = async <T>(path: string): Promise<T> => (await fetch(url + path)).json() as Promise<T>
  const all = async <T>(path: string, key: string): Promise<T[]> => {
    const found: T[] = []
    let cursor: string | null = null
    do {
      const from: string = cursor === null ? '' : `&cursor=${cursor}`
      const page = await get<Record<string, unknown>>(`${path}limit=200${from}`)
      found.push(...(page[key] as T[]))
      cursor = page.cursor as string | null
    } while (cursor !== null)
    return found
  }
  const member = async (id: string): Promise<Member | null> =>
    (await get<{ member?: Member }>(`/v1/members/${encodeURIComponent(id)}`)).member ?? null
  const count = async (name: string): Promise<number> => (await get<Health>('/healthz')).counters[name] ?? 0
  return {
    url,
    get,
    member,
    count,
    slack: async () => TICKS + BUSY + (await count('stalled_ms')),
    members: (query = '') => all<Member>(`/v1/members?${query === '' ? '' : `${query}&`}`, 'members'),
    sessions: (anonymous = false) => all<Session>(`/v1/sessions?anonymous=${anonymous}&`, 'sessions'),
    health: () => get<Health>('/healthz'),
    is: (id, state, withinMs) =>
      waitFor(
        `${id} to be ${state}`,
        async () => {
          const found = await member(id)
          return found?.state === state ? found : null
        },
        withinMs,
      ),
  }
}
