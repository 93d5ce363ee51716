// Makes changes by renaming members that beat over one connection, so that a server reads as many of them in one turn
// as were written at once. Says how long each took to reach the last link that was told.

import { textFrame } from './frames.ts'
import type { Link, Links } from './links.ts'
import { CHANGER_IDS, HUB_IDS, SCRIPTS, setHeartbeat } from './scripts.ts'

/** What came of `changes`. */
export interface ChangesResult {
  /** Milliseconds from each burst to the last delivery of it. */
  readonly times: readonly number[]
  /** Data frames that came in because of all of them. */
  readonly frames: number
  /** Length of the largest one. */
  readonly bytes: number
}

/** `times` bursts of `count` changes on the `changer` link, one every `spacing` ms. */
export async function changes(
  links: Links,
  count: number,
  times: number,
  spacing: number,
): Promise<ChangesResult> {
  const link = links.all.find(({ script }) => script === SCRIPTS.changer)
  if (link === undefined) throw new Error('open a changer first')
  const found: number[] = []
  let frames = 0
  let bytes = 0
  let lastAt = 0
  links.onData = ({ length }) => {
    lastAt = performance.now()
    frames++
    bytes = Math.max(bytes, length)
  }
  for (let i = 0; i < times; i++) {
    const burst = renames(link, count)
    const at = performance.now()
    links.write(link, burst)
    await Bun.sleep(spacing)
    found.push(lastAt - at)
  }
  links.onData = () => {}
  return { times: found, frames, bytes }
}

let renamed = 0

function renames(link: Link, count: number): Buffer {
  const frames = Array.from({ length: count }, () => {
    const no = renamed++
    return textFrame(setHeartbeat(link.index * HUB_IDS + (no % CHANGER_IDS), changeName(no)))
  })
  return Buffer.concat(frames)
}

/** The name that a change gives, as long for all of them. */
function changeName(no: number): string {
  return `Change ${String(no).padStart(9, '0')}`
}
