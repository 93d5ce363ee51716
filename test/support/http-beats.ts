// Makes transitions over HTTP: members that come and go by beats and goodbyes, in batches. And reads the log of them.

import type { LoggedEvent } from './webhook-receiver.ts'

const BATCH = 100

/** Everybody beats, or says goodbye; false: a request failed, so that some did and some did not. */
export async function beatAll(
  url: string,
  ids: readonly string[],
  bye: boolean,
  more: object = {},
): Promise<boolean> {
  for (let i = 0; i < ids.length; i += BATCH) {
    const beats = ids.slice(i, i + BATCH).map(id => ({ id, ...more, ...(bye && { bye }) }))
    if (!(await beat(url, beats))) return false
  }
  return true
}

async function beat(url: string, beats: readonly object[]): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/v1/beats`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ beats }),
    })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

/** A piece of the log. */
export interface Piece {
  readonly events: LoggedEvent[]
  readonly cursor: string
  readonly reset: boolean
}

/** One answer of `GET /v1/transitions`. */
export async function readPiece(url: string, query: string): Promise<Piece> {
  const answer = await fetch(`${url}/v1/transitions?${query}`)
  const lines = (await answer.text())
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  if (!answer.ok) throw new Error(`${answer.status} ${JSON.stringify(lines)}`)
  const { cursor, reset = false } = lines.pop()
  return { events: lines, cursor, reset }
}

/** From a place to the end. */
export async function readLog(url: string, after = 'oldest'): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = []
  let place = after
  while (true) {
    const piece = await readPiece(url, `after=${encodeURIComponent(place)}`)
    if (piece.reset) throw new Error(`reset after ${events.length} transitions`)
    if (piece.events.length === 0) return events
    events.push(...piece.events)
    place = piece.cursor
  }
}
