// A presence server that holds a fixed list: for tests of the rooms above it. It pages like the real one and judges
// nothing.

import type {
  MemberAnswer,
  PresenceServer,
  PushResult,
  ServerStatus,
  SessionAnswer,
} from '../../src/server/api.ts'

/** What it should hold. */
export interface Stub {
  readonly members?: readonly MemberAnswer[]
  readonly sessions?: readonly SessionAnswer[]
  readonly status?: Partial<ServerStatus>
  /** Answers every push; `call` is the method with what it was given. */
  readonly push?: (...call: unknown[]) => PushResult
  readonly stop?: () => Promise<void>
}

/** A member with what a test does not care about filled in. */
export function stubMember(patch: Partial<MemberAnswer> & { readonly id: string }): MemberAnswer {
  return {
    name: null,
    type: null,
    profile: null,
    state: 'online',
    since: 1_700_000_000_000,
    joinedAt: 1_700_000_000_000,
    lastEvidenceAt: 1_700_000_001_000,
    lastBeatAt: null,
    reason: null,
    version: 1,
    sessions: 1,
    status: null,
    groups: [],
    seenGroups: [],
    settledState: 'online',
    settledSince: 1_700_000_000_000,
    unproven: false,
    ...patch,
  }
}

/** A session with what a test does not care about filled in. */
export function stubSession(patch: Partial<SessionAnswer> & { readonly id: string }): SessionAnswer {
  return {
    member: null,
    clientId: null,
    dialect: 'heartbeat',
    state: 'online',
    since: 1_700_000_000_000,
    beganAt: 1_700_000_000_000,
    lastEvidenceAt: 1_700_000_001_000,
    lastBeatAt: null,
    reason: null,
    address: '127.0.0.1',
    rtt: null,
    ...patch,
  }
}

/** The server. */
export function stubPresenceServer(stub: Stub): PresenceServer {
  const members = [...(stub.members ?? [])].sort((a, b) =>
    Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)),
  )
  const sessions = stub.sessions ?? []
  const push = stub.push ?? unused
  return {
    addresses: [{ host: '127.0.0.1', port: 9502, dialect: 'auto', bound: 'offline after 30 s of silence' }],
    async members({ after, limit, state }) {
      const { page, next } = cut(
        members.filter(one => state === undefined || one.state === state),
        after,
        limit,
      )
      return { members: page, next }
    },
    async member(id) {
      const member = members.find(one => one.id === id)
      return member === undefined ? null : { member, sessions: sessions.filter(one => one.member === id) }
    },
    sessions({ after, limit, anonymous }) {
      const { page, next } = cut(
        sessions.filter(one => (one.member === null) === anonymous),
        after,
        limit,
      )
      return { sessions: page, next }
    },
    status: () => ({ ...statusOf(members, sessions.length), ...stub.status }),
    pushToMember: async (...given) => push('member', ...given),
    pushToType: async (...given) => push('type', ...given),
    pushToGroup: async (...given) => push('group', ...given),
    pushToAll: async (...given) => push('all', ...given),
    bind: unused,
    unbind: unused,
    kick: unused,
    addToGroup: unused,
    removeFromGroup: unused,
    onMessage: unused,
    onTransitions: unused,
    stop: stub.stop ?? (async () => {}),
  }
}

function statusOf(members: readonly MemberAnswer[], sessions: number): ServerStatus {
  const counts = { online: 0, away: 0, suspect: 0, offline: 0 }
  for (const { state } of members) counts[state] += 1
  return {
    ready: true,
    degraded: false,
    problem: '',
    held: false,
    members: counts,
    sessions,
    connections: sessions,
    startedAt: 1_700_000_000_000,
    counters: {},
  }
}

function cut<T extends { readonly id: string }>(all: readonly T[], after: string | null, limit: number) {
  const start = after === null ? 0 : all.findIndex(one => one.id === after) + 1
  const page = all.slice(start, start + limit)
  return { page, next: start + limit < all.length ? page.at(-1)!.id : null }
}

function unused(): never {
  throw new Error('the stub does not do this')
}
