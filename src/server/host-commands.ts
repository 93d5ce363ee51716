// What the host does to members and sessions: sends them away, describes them, puts them into groups, forgets them. It only
// asks the detector and the ledger for it, like anybody else; it judges nothing.

import type { Details } from '../core/change.ts'
import type { Clock } from '../core/clock.ts'
import { hostChange } from '../core/session-change.ts'
import { SystoleError } from '../errors.ts'
import { parseId, parseText } from '../protocol/ids.ts'
import { LIMITS } from '../protocol/limits.ts'
import type { KickOptions, MemberAnswer } from './api.ts'
import type { BanList } from './bans.ts'
import type { Committer } from './committer.ts'
import type { Directory } from './directory.ts'
import type { GatewayLinks } from './gateway-links.ts'
import type { Groups } from './groups.ts'
import type { SessionData } from './session-data.ts'
import type { Switchboard } from './switchboard.ts'
import type { Views } from './views.ts'

/** What it works with. */
export interface CommandParts {
  readonly clock: Clock
  readonly board: Switchboard
  readonly committer: Committer
  readonly views: Views
  readonly groups: Groups
  readonly gatewayLinks: GatewayLinks
  readonly directory: Directory
  readonly bans: BanList
  readonly sessionData: SessionData
  /** Told of a member that was just erased, and in which groups others found it. */
  erased(member: string, groups: readonly string[]): void
  /** Largest profile, in bytes of JSON. */
  readonly mostProfile: number
}

export class HostCommands {
  /** The server stops: a change would be lost. */
  stopping = false
  readonly #parts: CommandParts

  constructor(parts: CommandParts) {
    this.#parts = parts
  }

  kick(member: string, { reason = 'kicked', mayReturn = false }: KickOptions = {}): number {
    this.expectRunning()
    const { views, clock, board } = this.#parts
    const sessions = views.sessionsOf(member)
    const at = clock.now()
    for (const session of sessions) {
      const { link } = session
      board.apply({ type: 'end', session, reason: 'kicked' }, at)
      // one that beats for others too is theirs
      if (link !== null && link.members === 0) link.dismiss(mayReturn ? 'sent_away' : 'kicked', reason)
    }
    return sessions.length
  }

  async describe(member: string, details: Pick<Details, 'name' | 'type' | 'profile'>): Promise<MemberAnswer> {
    this.check(member)
    checkDetails(details, this.#parts.mostProfile)
    this.#commit('update', member, details)
    return (await this.#parts.directory.member(member))!.member
  }

  async erase(member: string): Promise<boolean> {
    this.expectRunning()
    const { bans, directory } = this.#parts
    // first: where there is nobody to erase, nothing changes
    const found = await directory.member(member)
    if (found === null) return false
    if (bans.of(member) !== null) await bans.lift(member)
    this.kick(member, { reason: 'erased' })
    this.#commit('erase', member, null)
    this.#parts.erased(member, found.member.seenGroups)
    return true
  }

  async addToGroup(group: string, member: string, { ttl }: { readonly ttl?: number } = {}): Promise<void> {
    this.expectRunning()
    return this.#parts.groups.add(group, member, ttl)
  }

  async removeFromGroup(group: string, member: string): Promise<void> {
    this.expectRunning()
    return this.#parts.groups.remove(group, member)
  }

  bind(clientId: string, member: string): void {
    this.expectRunning()
    this.#parts.gatewayLinks.bind(clientId, member, this.#parts.clock.now())
  }

  unbind(clientId: string): void {
    this.expectRunning()
    this.#parts.gatewayLinks.unbind(clientId, this.#parts.clock.now())
  }

  async setSessionData(session: string, data: unknown): Promise<boolean> {
    this.expectRunning()
    const { views, sessionData } = this.#parts
    if (views.sessionOf(session) === null) return false
    await sessionData.set(session, data)
    return true
  }

  /** Throws `not_running` once the server stops. */
  expectRunning(): void {
    if (this.stopping)
      throw new SystoleError('not_running', 'the server is stopping: nothing can be changed any more')
  }

  /** Throws `not_running`, or `bad_id` where `member` is none. */
  check(member: string): void {
    this.expectRunning()
    const parsed = typeof member === 'string' ? parseId(member) : ({ ok: false, code: 'wrong_type' } as const)
    if (!parsed.ok)
      throw new SystoleError(
        'bad_id',
        `${JSON.stringify(String(member).slice(0, 80))} is no member id: ${parsed.code}`,
      )
  }

  #commit(kind: 'update' | 'erase', member: string, details: Details | null): void {
    const { clock, committer } = this.#parts
    committer.add(hostChange(kind, member, clock.now(), details, null))
    committer.flush()
  }
}

function checkDetails({ name, type, profile }: Details, mostProfile: number): void {
  const texts = [
    ['name', name, LIMITS.nameBytes],
    ['type', type, LIMITS.typeBytes],
  ] as const
  for (const [what, text, most] of texts) {
    if (text === undefined || (typeof text === 'string' && parseText(text, most).ok)) continue
    throw new SystoleError(
      'bad_data',
      `${what} must be text of at most ${most} bytes without control characters`,
    )
  }
  if (profile === undefined || profile === null) return
  const isObject = typeof profile === 'object' && !Array.isArray(profile)
  if (!isObject || Buffer.byteLength(JSON.stringify(profile)) > mostProfile)
    throw new SystoleError(
      'bad_data',
      `profile must be an object of at most ${mostProfile} bytes as JSON, or null`,
    )
}
