// A connection as a dialect sees it, that writes down what the dialect asks for. It holds members and judges nothing.

import type { Details } from '../../src/core/change.ts'
import type { BadInput, Dialect, Wire } from '../../src/dialects/wire.ts'

export class FakeWire implements Wire {
  memory: unknown = null
  /** What the dialect did, in order, one short line each. */
  readonly log: string[] = []
  readonly held = new Set<string>()
  /** Members for whom another connection speaks. */
  readonly elsewhere = new Set<string>()
  most = 64

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

  identify(member: string, details: Details | null, beat: boolean): boolean {
    if (this.held.size >= this.most) return false
    this.held.add(member)
    this.log.push(`identify ${member}${beat ? ' beat' : ''} ${JSON.stringify(details)}`)
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

  send(text: string): void {
    this.log.push(`send ${text}`)
  }

  sendList(): void {
    this.log.push('list')
  }

  bad(what: BadInput, detail: string): void {
    this.log.push(`bad ${what} ${detail}`)
  }

  refuse(code: number): void {
    this.log.push(`close ${code}`)
  }
}
