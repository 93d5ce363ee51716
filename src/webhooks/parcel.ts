// Makes of a piece of the log what one endpoint is sent: the events it asked for, as one message. The same piece makes the
// same message, byte for byte, also after a restart: whoever gets it twice knows it by its id.

import { createHash } from 'node:crypto'
import type { LogBatch } from '../stores/store.ts'
import type { EventTexts } from './event-texts.ts'

/** Events of one message, and bytes of them; one that is larger goes alone. */
export const MOST_EVENTS = 500
const MOST_BYTES = 1_048_576

/** One message. */
export interface Parcel {
  /** The same for the same piece of the log. */
  readonly id: string
  readonly body: Uint8Array
  readonly events: number
  /** When the oldest of it was told; `null`: it tells of no event. */
  readonly since: number | null
  /** Where its piece begins, and where to go on once it is taken. */
  readonly from: string
  readonly to: string
}

/** `parcel` is `null` where nothing of the piece is wanted. `fits`: only so many of its transitions fit: read them alone. */
export type Packed =
  | { readonly parcel: Parcel | null; readonly fits: null }
  | { readonly parcel: null; readonly fits: number }

/** Makes the message of what was read from `from` on. `wanted`: by the index of the transition. */
export function pack(
  endpoint: string,
  from: string,
  batch: LogBatch,
  wanted: readonly boolean[],
  texts: EventTexts,
): Packed {
  const events: string[] = []
  let bytes = 0
  let since: number | null = null
  for (const [index, transition] of batch.transitions.entries()) {
    if (wanted[index] !== true) continue
    const text = texts.of(batch, index)
    bytes += Buffer.byteLength(text) + 1
    if (bytes > MOST_BYTES && events.length > 0) return { parcel: null, fits: index }
    events.push(text)
    since ??= transition.at
  }
  if (since === null) return { parcel: null, fits: null }
  const at = batch.transitions.at(-1)!.at
  const data = `{"events":[${events.join(',')}],"cursor":${JSON.stringify(batch.cursor)}}`
  const parcel = message(endpoint, 'systole.transitions', at, data, from, batch.cursor)
  return { parcel: { ...parcel, events: events.length, since }, fits: null }
}

/** Tells that the log no longer holds the place `from`, and goes on at `to`. */
export function resetParcel(endpoint: string, from: string, to: string, at: number): Parcel {
  return message(endpoint, 'systole.reset', at, `{"cursor":${JSON.stringify(to)}}`, from, to)
}

function message(endpoint: string, type: string, at: number, data: string, from: string, to: string): Parcel {
  const timestamp = new Date(at).toISOString()
  const digest = createHash('sha256')
    .update(JSON.stringify([endpoint, type, from, to]))
    .digest('base64url')
  return {
    id: `msg_${digest.slice(0, 27)}`,
    body: Buffer.from(`{"type":"${type}","timestamp":"${timestamp}","data":${data}}`),
    events: 0,
    since: null,
    from,
    to,
  }
}
