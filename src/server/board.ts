// What a connection may ask of the house around it: judge, carry out, count, answer. The switchboard is one; `C` is
// the connection itself, so that neither file needs the other.

import type { DetectorEvent } from '../core/change.ts'
import type { Detector } from '../core/detector.ts'
import type { Session } from '../core/session.ts'
import type { HubRequest } from '../dialects/native-wire.ts'
import type { BadInput } from '../dialects/wire.ts'
import type { MessageId } from '../protocol/messages.ts'
import type { Rate } from './flood.ts'
import type { Gate } from './gate.ts'

export interface Board<C extends object> {
  /** For the doors of evidence; everything else goes through `apply`. */
  readonly detector: Detector<C>
  readonly rate: Rate
  /** Largest profile of a member, in bytes of JSON. */
  readonly profileBytes: number
  /** Who may come in. */
  readonly gate: Gate
  /** What native connections want. */
  readonly native: NativeHouse<C>
  /** Tells the detector and does what follows. */
  apply(event: DetectorEvent<C>, at: number): void
  /** Answers a GetHeartbeat. */
  sendList(connection: C): void
  /** A connection said what it speaks. */
  decided(connection: C): void
  /** A session stands on a connection that has a pass. */
  admitted(connection: C, session: Session<C>, resumed: boolean): void
  badInput(what: BadInput, detail: string, connection: C): void
  /** `bytes`: it sent too many of them, not too many frames. */
  rateDropped(connection: C, bytes: boolean): void
  /** The server failed at what the connection wants. */
  failed(error: unknown): void
}

/** The part of the house that only native connections know. */
export interface NativeHouse<C extends object> {
  /** The text that answers a beat. */
  beatAnswer(at: number): string
  /** Says that the session stands; from now on its round trips are measured. */
  welcome(connection: C, session: Session<C>, resumed: boolean, at: number): void
  /** False: its member is in as many groups as it may be. */
  enter(connection: C, group: string): boolean | Promise<boolean>
  exit(connection: C, group: string): void | Promise<void>
  /** The hub answers. */
  request(connection: C, message: HubRequest, at: number): void
  /** False: no host took it. */
  tellHost(connection: C, data: unknown): boolean | Promise<boolean>
  /** It took a message that was pushed. */
  acknowledged(connection: C, id: MessageId): void
}
