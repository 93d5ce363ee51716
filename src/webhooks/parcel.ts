// Makes of a piece of the log what one endpoint is sent: the events it asked for, as one message. Its id follows from what
// it says, so whoever gets the same message twice, also after a restart, knows it by its id; and no two that differ have
// the same one: a piece of which something was erased meanwhile is another message.

import { createHash } from 'node:crypto'
import type { LogBatch } from '../stores/store.ts'
import type { EventTexts } from './event-texts.ts'

/** Events of one message, and bytes of them; one that is larger goes alone. */
export const MOST_EVENTS = 500
const MOST_BYTES = 1_048_576

/** One message. */
export interface Parcel {
  /** The same for the same body, to the same endpoint; never for another body. */
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

/** Tells that what is known may not be what is, and goes on at `to`: take a snapshot. */
export function resetParcel(endpoint: string, from: string, to: string, at: number): Parcel {
  return message(endpoint, 'systole.reset', at, `{"cursor":${JSON.stringify(to)}}`, from, to)
}

function message(endpoint: string, type: string, at: number, data: string, from: string, to: string): Parcel {
  const timestamp = new Date(at).toISOString()
  const body = Buffer.from(`{"type":"${type}","timestamp":"${timestamp}","data":${data}}`)
  const digest = createHash('sha256').update(JSON.stringify(endpoint)).update(body).digest('base64url')
  return {
    id: `msg_${digest.slice(0, 27)}`,
    body,
    events: 0,
    since: null,
    from,
    to,
  }
}
