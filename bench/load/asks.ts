// Asks for many members at a time on one connection and takes the time until the last frame of the answer is here.
// One answer before is read as a whole: it must tell of every member, and says how many frames the others have.

import { textFrame } from './frames.ts'
import type { Links } from './links.ts'
import { OBSERVER_HELLO } from './native-texts.ts'
import { type ProbeResult, summary } from './probe.ts'
import { type Heard, openTextLink } from './text-link.ts'

/** Not counted: the engines compile what is hot. */
const WARM_ASKS = 100
const ANSWER = 'a'.charCodeAt(0)

export interface AsksOptions {
  readonly port: number
  /** Members 0 to known-1 are called `k<number>`. */
  readonly known: number
  /** In one ask. */
  readonly ids: number
  readonly times: number
}

export interface AsksResult extends ProbeResult {
  /** All that were asked, with those that were not timed. */
  readonly asks: number
}

/** On the first of the links, which must have been identified as an observer. */
export async function asks(links: Links, { port, known, ids, times }: AsksOptions): Promise<AsksResult> {
  const parts = await countParts(port, askText(known, ids), ids)
  const link = links.all[0]!
  const taken: number[] = []
  for (let i = 0; i < WARM_ASKS + times; i++) {
    const frame = textFrame(askText(known, ids))
    const ms = await new Promise<number>((resolve, reject) => {
      let missing = parts
      const start = performance.now()
      links.onData = ({ letter }) => {
        if (letter !== ANSWER) reject(new Error('an ask was not answered'))
        else if (--missing === 0) resolve(performance.now() - start)
      }
      links.write(link, frame)
    })
    if (i >= WARM_ASKS) taken.push(ms)
    // one after the other, in a turn of its own
    await new Promise(resolve => setImmediate(resolve))
  }
  links.onData = () => {}
  return { ...summary(taken), asks: 1 + WARM_ASKS + times }
}

async function countParts(port: number, text: string, ids: number): Promise<number> {
  let parts = 0
  let found = 0
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = await openTextLink(port, answer => {
    const { t, entries, more } = JSON.parse(answer) as Heard
    if (t === 'error') return reject(new Error(answer))
    if (t !== 'answer') return
    parts++
    found += entries!.filter(({ state }) => state !== 'unknown').length
    if (more !== true) resolve()
  })
  socket.send(OBSERVER_HELLO)
  socket.send(text)
  await promise
  if (found !== ids) throw new Error(`${found} of ${ids} members came back`)
  return parts
}

function askText(known: number, ids: number): string {
  const members = new Set<string>()
  while (members.size < ids) members.add(`k${Math.floor(Math.random() * known)}`)
  return JSON.stringify({ t: 'ask', id: 1, members: [...members] })
}
