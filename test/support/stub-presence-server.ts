// A presence server that holds a fixed list: for tests of the rooms above it. It pages like the real one and judges
// nothing.

import type { Transition } from '../../src/core/transition.ts'
import type {
  MemberAnswer,
  MembersQuery,
  PresenceServer,
  PushResult,
  ServerStatus,
  SessionAnswer,
} from '../../src/server/api.ts'
import type { Census, Counted, GroupCensus, Tally } from '../../src/stores/store.ts'

const NOBODY_SEEN = { online: 0, away: 0, suspectOnline: 0, suspectAway: 0, offline: 0 }

/** What it should hold. */
export interface Stub {
  readonly members?: readonly MemberAnswer[]
  readonly sessions?: readonly SessionAnswer[]
  readonly status?: Partial<ServerStatus>
  readonly history?: readonly Transition[]
  readonly tally?: Tally
  /** Told what each list of members is asked for. */
  readonly asked?: (query: MembersQuery) => void
  /** Answers every push; `call` is the method with what it was given. */
  readonly push?: (...call: unknown[]) => PushResult
  readonly reload?: () => Promise<void>
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
    node: 'stub',
    expires: null,
    data: null,
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
  const census = censusOf(members)
  return {
    addresses: [{ host: '127.0.0.1', port: 9502, dialect: 'auto', bound: 'offline after 30 s of silence' }],
    async members(query) {
      stub.asked?.(query)
      const { page, next } = cut(
        members.filter(one => isAskedFor(one, query)),
        query.after,
        query.limit,
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
    push: async (...given) => push('targets', ...given),
    node: 'stub',
    tally: stub.tally ?? { seen: NOBODY_SEEN, types: new Map(), groups: new Map() },
    census,
    log: { stopped: false, read: unused, wait: unused },
    bans: { of: () => null, ban: unused, lift: unused, list: unused },
    beats: { mostProfile: 8_192, beat: unused, end: unused },
    evidence: (ids, details) =>
      ids.map(id => {
        const found = members.find(one => one.id === id)
        if (found === undefined) return null
        const { state, since, lastEvidenceAt, lastBeatAt, reason, version, name, type, held } = found
        const evidence = { id, state, since, lastEvidenceAt, lastBeatAt, reason, version }
        return { ...evidence, ...(details && { name, type }), ...(held === true && { held }) }
      }),
    lookup: ids => ids.map(id => members.find(one => one.id === id) ?? null),
    async history(member, before, limit) {
      const all = (stub.history ?? []).filter(
        one => one.member === member && one.version < (before ?? Infinity),
      )
      const transitions = all.toSorted((a, b) => b.version - a.version).slice(0, limit)
      return { transitions, next: all.length > limit ? transitions.at(-1)!.version : null }
    },
    groups: (after, limit) => {
      const found = census.groupsAfter(after, limit + 1)
      const groups = found.slice(0, limit).map(({ name, counts }) => ({ group: name, members: counts }))
      return { groups, next: found.length > limit ? groups.at(-1)!.group : null }
    },
    session: id => sessions.find(one => one.id === id) ?? null,
    describe: unused,
    erase: unused,
    setSessionData: unused,
    bind: unused,
    unbind: unused,
    kick: unused,
    addToGroup: unused,
    removeFromGroup: unused,
    onMessage: unused,
    onTransitions: unused,
    reload: stub.reload ?? (async () => {}),
    stop: stub.stop ?? (async () => {}),
  }
}

function statusOf(members: readonly MemberAnswer[], sessions: number): ServerStatus {
  return {
    ready: true,
    degraded: false,
    problem: '',
    held: false,
    members: countsOf(members),
    sessions,
    connections: sessions,
    startedAt: 1_700_000_000_000,
    counters: {},
  }
}

function isAskedFor(member: MemberAnswer, { state, group, type, prefix = '', seen }: MembersQuery): boolean {
  if (state !== undefined && (seen === true ? member.settledState : member.state) !== state) return false
  if (group !== undefined && !(seen === true ? member.seenGroups : member.groups).includes(group))
    return false
  return (type === undefined || member.type === type) && member.id.startsWith(prefix)
}

function censusOf(members: readonly MemberAnswer[]): Census {
  const names = [...new Set(members.flatMap(({ groups }) => groups))].sort()
  const groups = names.map((name): GroupCensus => {
    const inIt = members.filter(member => member.groups.includes(name))
    return { name, counts: countsOf(inIt), types: typesOf(inIt) }
  })
  return {
    counts: countsOf(members),
    types: typesOf(members),
    group: name => groups.find(group => group.name === name) ?? null,
    groupsAfter: (after, limit) =>
      groups.filter(({ name }) => after === null || name > after).slice(0, limit),
  }
}

function typesOf(members: readonly MemberAnswer[]): ReadonlyMap<string, Counted> {
  const types = Map.groupBy(
    members.filter(({ type }) => type !== null),
    ({ type }) => type!,
  )
  return new Map([...types].map(([type, ofType]) => [type, { counts: countsOf(ofType) }]))
}

function countsOf(members: readonly MemberAnswer[]) {
  const counts = { online: 0, away: 0, suspect: 0, offline: 0 }
  for (const { state } of members) counts[state] += 1
  return counts
}

function cut<T extends { readonly id: string }>(all: readonly T[], after: string | null, limit: number) {
  const start = after === null ? 0 : all.findIndex(one => one.id === after) + 1
  const page = all.slice(start, start + limit)
  return { page, next: start + limit < all.length ? page.at(-1)!.id : null }
}

function unused(): never {
  throw new Error('the stub does not do this')
}
