// Many watchers of all while members change all the time: every watcher keeps its list as a client would, and at the
// end says what it holds. Changes and watchers live in one process, so that one clock times both.

import { textFrame } from './frames.ts'
import type { Links } from './links.ts'
import { OBSERVER_HELLO } from './native-texts.ts'
import { type ProbeResult, summary } from './probe.ts'
import { HUB_IDS, SCRIPTS, setHeartbeat } from './scripts.ts'
import { type Heard, type HeardEntry, openTextLink } from './text-link.ts'

/** Enough for the last diff of a spacing of 500 ms to arrive. */
const QUIET = 1_500
const LONGEST = 10_000
/** Texts whose reading is kept: what one watcher is told now, the others are told next. */
const KEPT_TEXTS = 64

export interface ListsResult {
  readonly changes: number
  /** From a change to its arrival at each watcher, ms. */
  readonly lag: ProbeResult
  /** Changes that never arrived at some watcher, all watchers added up. */
  readonly missing: number
  /** The lists that differ from each other are here more than once; one line per member. */
  readonly lists: readonly (readonly string[])[]
}

type List = Map<string, HeardEntry>

export class Lists {
  readonly #links: Links
  readonly #lists: List[] = []
  readonly #read = new Map<string, Heard>()
  /** When change n was made. */
  readonly #madeAt: number[] = []
  readonly #lags = new Uint32Array(LONGEST + 1)
  #ready = 0
  #arrived = 0

  constructor(links: Links) {
    this.#links = links
  }

  /** Opens the watchers; resolves when each has its snapshot. */
  async open(port: number, watchers: number): Promise<void> {
    for (let i = 0; i < watchers; i++) {
      const list: List = new Map()
      this.#lists.push(list)
      const socket = await openTextLink(port, text => this.#hear(list, text))
      socket.send(OBSERVER_HELLO)
      socket.send('{"t":"watch","all":true}')
    }
    while (this.#ready < watchers) await Bun.sleep(5)
  }

  /** `rate` changes a second over the members of all `hub` links that are open. */
  async run(rate: number, seconds: number): Promise<ListsResult> {
    const hubs = this.#links.all.filter(({ script }) => script === SCRIPTS.hub)
    const start = performance.now()
    while (performance.now() < start + seconds * 1_000) {
      const due = Math.floor(((performance.now() - start) * rate) / 1_000)
      while (this.#madeAt.length < due) {
        const no = this.#madeAt.length
        const hub = hubs[no % hubs.length]!
        const id = hub.index * HUB_IDS + (Math.floor(no / hubs.length) % HUB_IDS)
        this.#madeAt.push(performance.now())
        this.#links.write(hub, textFrame(setHeartbeat(id, `Change ${no}`)))
      }
      await Bun.sleep(1)
    }
    await Bun.sleep(QUIET)
    const changes = this.#madeAt.length
    const missing = changes * this.#lists.length - this.#arrived
    return { changes, missing, lag: this.#lag(), lists: this.#distinct() }
  }

  #hear(list: List, text: string): void {
    const heard = this.#parse(text)
    if (heard.t === 'error') throw new Error(`a watcher was told ${text}`)
    if (heard.entries === undefined) return
    const now = performance.now()
    for (const entry of heard.entries) {
      const known = list.get(entry.member)
      if (known?.version !== undefined && entry.version! <= known.version) continue
      if (entry.gone === true) list.delete(entry.member)
      else list.set(entry.member, entry)
      this.#time(entry, now)
    }
    if (heard.t === 'snapshot' && heard.more !== true) this.#ready++
  }

  #time({ name }: HeardEntry, now: number): void {
    const at = name?.startsWith('Change ') ? this.#madeAt[Number(name.slice(7))] : undefined
    if (at === undefined) return
    this.#arrived++
    this.#lags[Math.min(LONGEST, Math.round(now - at))]!++
  }

  #parse(text: string): Heard {
    let heard = this.#read.get(text)
    if (heard === undefined) {
      heard = JSON.parse(text) as Heard
      this.#read.set(text, heard)
      if (this.#read.size > KEPT_TEXTS) this.#read.delete(this.#read.keys().next().value!)
    }
    return heard
  }

  #lag(): ProbeResult {
    const times: number[] = []
    this.#lags.forEach((count, ms) => {
      for (let i = 0; i < count; i++) times.push(ms)
    })
    return summary(times)
  }

  #distinct(): string[][] {
    const found = new Map<string, string[]>()
    for (const list of this.#lists) {
      const lines = [...list.values()].map(({ member, state, name }) => `${member} ${state} ${name}`).sort()
      found.set(lines.join('\n'), lines)
    }
    return [...found.values()]
  }
}
