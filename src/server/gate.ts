// Who may come in, and for how long: asks the authority who somebody is, keeps out who is banned or here too often,
// takes fresh tokens, and ends passes that expire. Where there is no authority ids are claims, and only bans and the
// number of connections count. What a member does then is no business of the gate.

import type { Authority, Grant, Verdict } from '../auth/authority.ts'
import { findOwn } from '../core/admission.ts'
import type { BeginRequest, DetectorEvent } from '../core/change.ts'
import type { Clock } from '../core/clock.ts'
import type { Session } from '../core/session.ts'
import type { SessionTable } from '../core/session-table.ts'
import { closeOfFirst, errorFrame } from '../dialects/native-errors.ts'
import { reject } from '../dialects/native-hello.ts'
import type { ErrorCode } from '../protocol/errors.ts'
import type { MessageId } from '../protocol/messages.ts'
import { encode } from '../protocol/server-codec.ts'
import type { Awaitable } from '../stores/store.ts'
import type { UpgradeRequest } from '../transports/transport.ts'
import type { Bans } from './api.ts'
import { type Approach, approachOf } from './approach.ts'
import type { Connection } from './connection.ts'
import type { Counters } from './counters.ts'
import { Expiries } from './expiries.ts'
import { Held } from './held.ts'
import { sameSight } from './hub/sight.ts'
import type { WallTime } from './monotonic.ts'
import { Pass } from './pass.ts'
import type { SessionData } from './session-data.ts'

/** What it works with. */
export interface GateParts {
  /** `null`: open mode. */
  readonly authority: Authority | null
  /** The authority looks at more of the upgrade than its token. */
  readonly keepsHeaders: boolean
  /** Connections of one member. */
  readonly perMember: number
  readonly bans: Pick<Bans, 'of'>
  readonly clock: Clock
  readonly time: WallTime
  readonly counters: Counters
  readonly sessionData: Pick<SessionData, 'set'>
  /** Groups of a member, whoever made it one of theirs. */
  groupsOf(member: string): Awaitable<readonly string[]>
  /** All that are open. */
  connections(): Iterable<Connection>
  /** Where sessions are found. */
  table(): SessionTable<Connection>
  /** To the detector. */
  apply(event: DetectorEvent<Connection>, at: number): void
  /** A connection sees less or more than before. */
  resighted(connection: Connection): void
  onError(error: unknown): void
}

/** Why somebody may not come in. */
export interface Refused {
  readonly code: ErrorCode
  readonly message: string
}

type Admit = (grant: Grant, at: number) => void

const NONE: readonly string[] = []

export class Gate {
  readonly guarded: boolean
  readonly keepsHeaders: boolean
  readonly #parts: GateParts
  readonly #expiries: Expiries
  /** Groups that the token of a session put its member into; only of sessions that have such. */
  readonly #groups = new Map<number, readonly string[]>()
  /** Newcomers that had to wait for an answer, and whom they want to be. */
  readonly #waiting = new Map<Connection, string>()

  constructor(parts: GateParts) {
    const { authority, keepsHeaders, clock, time } = parts
    this.#parts = parts
    this.guarded = authority !== null
    this.keepsHeaders = keepsHeaders
    this.#expiries = new Expiries(
      clock.now(),
      expires => time.deadline(expires),
      pass => this.#expire(pass.connection),
    )
  }

  /** What of an upgrade proves something; `null`: nobody will ask. */
  approach(request: UpgradeRequest): Approach | null {
    return this.guarded ? approachOf(request, this.keepsHeaders) : null
  }

  // --- coming in

  /**
   * Asks who is on `connection`. Where the answer comes at once, `next` has run when this returns; else the frames that
   * come meanwhile are held. A connection that is refused is closed; one that is gone meanwhile hears nothing.
   */
  ask(connection: Connection, token: string | null, member: string | null, next: Admit, at: number): void {
    const { clock } = this.#parts
    const verdict = this.#authorize(connection, token, member)
    if (!(verdict instanceof Promise)) return this.#decide(connection, verdict, next, at)
    const held = new Held()
    connection.held = held
    verdict
      .then(said => {
        if (connection.held !== held) return
        connection.held = null
        this.#decide(connection, said, next, clock.now())
        if (connection.pass !== null) connection.release(held)
      })
      .catch(error => connection.failed(error))
  }

  /** Begins or continues a session with a member, where it may have one here. */
  begin(request: BeginRequest<Connection>, at: number): void {
    const refused = this.#refusal(request)
    const { link, member } = request
    if (refused === null) this.#parts.apply({ type: 'begin', request }, at)
    else if (link !== null) this.turnAway(link, refused)
    if (link !== null && member !== null && link.stage === 'waiting') this.#waiting.set(link, member)
  }

  /** A member is banned: newcomers that wait to be it do so in vain, and it observes no more. Its sessions others end. */
  banned(member: string): void {
    const { apply, clock } = this.#parts
    for (const [link, wanted] of this.#waiting) {
      if (wanted !== member || link.stage !== 'waiting') continue
      apply({ type: 'withdraw', link }, clock.now())
      this.turnAway(link, { code: 'banned', message: 'banned' })
    }
    if (!this.guarded) return
    for (const connection of this.#parts.connections())
      if (connection.pass?.grant.member === member && connection.members === 0)
        connection.dismiss('banned', 'banned')
  }

  /** Refuses whoever wanted to come in. A connection that speaks for others stays. */
  turnAway(connection: Connection, { code, message }: Refused): void {
    const { address, dialect, members } = connection
    this.#parts.counters.warn(code, `turned away: ${message}`, { address })
    if (members > 0) return
    this.gone(connection)
    if (dialect?.name === 'native') reject(connection, code, message, { re: 'hello' })
    else connection.refuse(closeOfFirst(code), code)
  }

  /** A frame came that could not be held. */
  dropped({ address }: Connection): void {
    this.#parts.counters.warn('held_dropped', 'frame dropped: it is not known yet who this is', { address })
  }

  /** A session of `connection` stands: what its token says of groups and data takes hold. */
  admitted(connection: Connection, session: Session<Connection>, resumed: boolean, at: number): void {
    const { pass } = connection
    if (pass === null) return
    const { groups, data } = pass.grant
    this.#regroup(connection, session, groups, at)
    if (resumed) this.#leaveBeyond(connection, session)
    else if (data !== null) this.#keep(session, data)
  }

  // --- while it lasts

  /** A fresh token on a connection that has a pass. The connection stays whatever it is worth. */
  refresh(connection: Connection, token: string, id: MessageId | undefined, at: number): void {
    const pass = connection.pass!
    if (pass.refreshing)
      return deny(connection, 'too_many', 'a token is being looked at: await its answer first', id)
    const verdict = this.#authorize(connection, token, null)
    if (!(verdict instanceof Promise)) return this.#renew(pass, verdict, id, at)
    pass.refreshing = true
    verdict
      .then(said => {
        pass.refreshing = false
        if (connection.pass === pass) this.#renew(pass, said, id, this.#parts.clock.now())
      })
      .catch(error => connection.failed(error))
  }

  /** GetHeartbeat of somebody who may not list. */
  unlisted({ address }: Connection): void {
    this.#parts.counters.warn('list_refused', 'GetHeartbeat without the right to list: answered []', {
      address,
    })
  }

  /** A connection is gone. */
  gone(connection: Connection): void {
    if (this.#waiting.size > 0) this.#waiting.delete(connection)
    if (connection.pass === null) return
    this.#expiries.forget(connection.pass)
    connection.pass = null
  }

  /** A session is over. */
  ended(session: number): void {
    if (this.#groups.size > 0) this.#groups.delete(session)
  }

  tick(at: number): void {
    if (this.#expiries.size > 0) this.#expiries.tick(at)
  }

  // --- inside

  #refusal(request: BeginRequest<Connection>): Refused | null {
    const member = request.member!
    const banned = this.#banOf(member)
    if (banned !== null) return banned
    const table = this.#parts.table()
    const first = table.of(member)
    if (first === null || request.terms.policy !== 'many') return null
    const most = this.#parts.perMember
    if (openOf(first) < most || findOwn(table, request) !== null) return null
    return { code: 'too_many_connections', message: `a member may have ${most} connections: close one first` }
  }

  #banOf(member: string): Refused | null {
    const ban = this.#parts.bans.of(member)
    if (ban === null) return null
    return { code: 'banned', message: ban.reason === null ? 'banned' : `banned: ${ban.reason}` }
  }

  #authorize({ address, dialect, approach }: Connection, token: string | null, member: string | null) {
    const { origin, cookie, userAgent } = approach ?? { origin: null, cookie: null, userAgent: null }
    return this.#parts.authority!.authorize({
      token,
      member,
      address,
      dialect: dialect?.name ?? 'native',
      origin,
      cookie,
      userAgent,
    })
  }

  #decide(connection: Connection, verdict: Verdict, next: Admit, at: number): void {
    if (!verdict.ok) return this.turnAway(connection, { code: verdict.why, message: verdict.message })
    const { grant } = verdict
    // also one that only wants to look on
    const banned = grant.member === null ? null : this.#banOf(grant.member)
    if (banned !== null) return this.turnAway(connection, banned)
    const pass = new Pass(connection, grant)
    connection.pass = pass
    connection.approach = null
    if (grant.expires !== null) this.#expiries.note(pass)
    next(grant, at)
  }

  #renew(pass: Pass, verdict: Verdict, id: MessageId | undefined, at: number): void {
    const { connection, watches } = pass
    const { session } = connection
    if (!verdict.ok) return deny(connection, verdict.why, verdict.message, id)
    const { grant } = verdict
    if (grant.member !== pass.grant.member)
      return deny(connection, 'unauthorized', 'this token is of another member: open another connection', id)
    const before = pass.grant
    pass.renew(grant)
    this.#expiries.note(pass)
    if (grant.details !== null && session !== null) connection.describe(grant.details, at)
    const { expires } = grant
    if (id !== undefined) {
      const tokenExpires = expires === null ? undefined : expires + this.#parts.time.skew
      connection.send(encode({ t: 'ack', id, ...(tokenExpires !== undefined && { tokenExpires }) }))
    }
    if (session !== null && session.member !== null) {
      this.#regroup(connection, session, grant.groups, at)
      this.#leaveBeyond(connection, session)
      if (grant.data !== null && JSON.stringify(grant.data) !== JSON.stringify(before.data))
        this.#keep(session, grant.data)
    }
    if (!sameSight(watches, pass.watches)) this.#parts.resighted(connection)
  }

  #expire(connection: Connection): void {
    const { apply, clock, counters } = this.#parts
    const at = clock.now()
    counters.count('expired')
    if (connection.stage === 'waiting') apply({ type: 'withdraw', link: connection }, at)
    for (const session of [...connection.sessions()]) apply({ type: 'end', session, reason: 'expired' }, at)
    connection.dismiss('expired', 'the token has expired, and no fresh one came')
  }

  // What a token put its member into, a later one that does not say so takes back.
  #regroup(connection: Connection, { id }: Session<Connection>, groups: readonly string[], at: number): void {
    const before = this.#groups.get(id) ?? NONE
    if (groups.length === 0 && before.length === 0) return
    for (const group of before) if (!groups.includes(group)) connection.move('exit', group, at)
    for (const group of groups) if (!before.includes(group)) connection.move('enter', group, at)
    if (groups.length === 0) return void this.#groups.delete(id)
    this.#groups.set(id, groups)
    // in a wave of newcomers all of one turn are committed together first
    queueMicrotask(() => this.#noteMissing(connection, groups))
  }

  // It may be in as many as it may be by the doing of others.
  #noteMissing({ session, address }: Connection, groups: readonly string[]): void {
    const { counters, groupsOf, onError } = this.#parts
    if (session === null || session.member === null) return
    const look = (found: readonly string[]) => {
      const missing = groups.filter(group => !found.includes(group)).length
      if (missing === 0 || groups !== this.#groups.get(session.id)) return
      const message = `groups of a token left out: the member is in as many as it may be, so ${missing} had no room`
      counters.warn('too_many_groups', message, { address })
    }
    const found = groupsOf(session.member)
    if (found instanceof Promise) found.then(look).catch(error => onError(error))
    else look(found)
  }

  // What its member entered by a right that it has no longer.
  #leaveBeyond(connection: Connection, session: Session<Connection>): void {
    const { pass } = connection
    if (pass === null || pass.watches === null) return
    const leave = (groups: readonly string[]) => {
      // a newer token may say other things by then
      if (connection.pass !== pass || connection.session !== session) return
      for (const group of groups)
        if (!pass.mayEnter(group)) connection.move('exit', group, this.#parts.clock.now())
    }
    const found = this.#parts.groupsOf(session.member!)
    if (found instanceof Promise) found.then(leave).catch(error => this.#parts.onError(error))
    else leave(found)
  }

  #keep({ id }: Session<Connection>, data: unknown): void {
    this.#parts.sessionData.set(String(id), data).catch(error => this.#parts.onError(error))
  }
}

function deny(connection: Connection, code: ErrorCode, message: string, id: MessageId | undefined): void {
  connection.send(errorFrame(code, message, { re: 'auth', id }))
}

function openOf(first: Session<Connection>): number {
  let open = 0
  for (let session: Session<Connection> | null = first; session !== null; session = session.next)
    if (session.link !== null) open++
  return open
}
