// What a connection may ask of the house around it: judge, carry out, count, answer. The switchboard is one; `C` is
// the connection itself, so that neither file needs the other.

import type { DetectorEvent } from '../core/change.ts'
import type { Detector } from '../core/detector.ts'
import type { BadInput } from '../dialects/wire.ts'
import type { Rate } from './flood.ts'

export interface Board<C extends object> {
  /** For the doors of evidence; everything else goes through `apply`. */
  readonly detector: Detector<C>
  readonly rate: Rate
  /** Tells the detector and does what follows. */
  apply(event: DetectorEvent<C>, at: number): void
  /** Answers a GetHeartbeat. */
  sendList(connection: C): void
  /** A connection said what it speaks. */
  decided(connection: C): void
  badInput(what: BadInput, detail: string, connection: C): void
  rateDropped(connection: C): void
}
