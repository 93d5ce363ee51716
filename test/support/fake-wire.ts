// A connection as a dialect sees it, that writes down what the dialect asks for. It holds members and judges nothing.

import type { Details } from '../../src/core/change.ts'
import { makeTerms, type Terms } from '../../src/core/terms.ts'
import { PRESETS } from '../../src/core/timing.ts'
import type { AskedTiming } from '../../src/dialects/native-terms.ts'
import type { HubRequest, Stage } from '../../src/dialects/native-wire.ts'
import type { BadInput, Dialect, Wire } from '../../src/dialects/wire.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import type { Hello, MessageId } from '../../src/protocol/messages.ts'

export class FakeWire implements Wire {
  memory: unknown = null
  /** What the dialect did, in order, one short line each. */
  readonly log: string[] = []
  readonly held = new Set<string>()
  /** Members for whom another connection speaks. */
  readonly elsewhere = new Set<string>()
  most = 64
  /** Native. */
  stage: Stage = 'new'
  guarded = false
  profileBytes: number = LIMITS.profileBytes
  /** Groups it may not enter. */
  readonly closed = new Set<string>()
  /** What entering a group or telling the host is answered. */
  takes: boolean | Promise<boolean> = true

  get members(): number {
    return this.held.size
  }

  /** What a text makes the dialect do. */
  hear(dialect: Dialect, text: unknown, at = 1): string[] {
    this.log.length = 0
    dialect.text(this, typeof text === 'string' ? text : JSON.stringify(text), at)
    return [...this.log]
  }

  has(member: string): boolean {
    return this.held.has(member)
  }

  taken(member: string): boolean {
    return this.elsewhere.has(member)
  }

  beat(): void {
    this.log.push('beat')
  }

  beatOf(member: string): boolean {
    if (!this.held.has(member)) return false
    this.log.push(`beat ${member}`)
    return true
  }

  identify(
    member: string,
    details: Details | null,
    beat: boolean,
    _: number,
    token?: string | null,
  ): boolean {
    if (this.held.size >= this.most) return false
    this.held.add(member)
    this.log.push(
      `identify ${member}${beat ? ' beat' : ''} ${JSON.stringify(details)}${token ? ` token ${token}` : ''}`,
    )
    return true
  }

  update(member: string, details: Details): void {
    this.log.push(`update ${member} ${JSON.stringify(details)}`)
  }

  leave(member: string): void {
    this.held.delete(member)
    this.log.push(`leave ${member}`)
  }

  trustControl(): void {
    this.log.push('trust')
  }

  agree(asked: AskedTiming | undefined): Terms | null {
    return asked === 'nonsense' ? null : makeTerms('native', PRESETS.web)
  }

  prove({ identity }: Hello, details: Details | null): void {
    this.stage = 'waiting'
    this.log.push(`prove ${JSON.stringify(identity)} ${JSON.stringify(details)}`)
  }

  refresh(token: string, id: MessageId | undefined): void {
    this.log.push(`refresh ${token} ${id}`)
  }

  mayEnter(group: string): boolean {
    return !this.closed.has(group)
  }

  join(member: string, { instance, epoch }: Hello, details: Details | null): void {
    this.stage = 'member'
    this.log.push(`join ${member} ${instance} ${epoch} ${JSON.stringify(details)}`)
  }

  observe(): void {
    this.stage = 'observer'
    this.log.push('observe')
  }

  answerBeat(): void {
    this.log.push('answer')
  }

  hide(hidden: boolean): void {
    this.log.push(hidden ? 'hide' : 'show')
  }

  describe(details: Details): void {
    this.log.push(`describe ${JSON.stringify(details)}`)
  }

  enter(group: string): boolean | Promise<boolean> {
    this.log.push(`enter ${group}`)
    return this.takes
  }

  exit(group: string): void {
    this.log.push(`exit ${group}`)
  }

  request(message: HubRequest): void {
    this.log.push(`request ${message.t}`)
  }

  tellHost(data: unknown): boolean | Promise<boolean> {
    this.log.push(`tell ${JSON.stringify(data)}`)
    return this.takes
  }

  acknowledged(id: MessageId): void {
    this.log.push(`acknowledged ${id}`)
  }

  failed(error: unknown): void {
    this.log.push(`failed ${error}`)
  }

  bye(): void {
    this.log.push('bye')
  }

  send(text: string): void {
    this.log.push(`send ${text}`)
  }

  sendList(token: string | null): void {
    this.log.push(token === null ? 'list' : `list ${token}`)
  }

  bad(what: BadInput, detail: string): void {
    this.log.push(`bad ${what} ${detail}`)
  }

  refuse(code: number): void {
    this.log.push(`close ${code}`)
  }
}
