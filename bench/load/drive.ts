// Two ways of putting load on links. Closed: every link sends its next beat when the answer to the last one is here,
// so the server sets the pace. Open: so many beats a second whatever comes back, so both servers get the same.

import type { Link, Links } from './links.ts'

/** Fine enough that beats come one by one, as from many machines, and not in bursts that servers read in one go. */
const STEP = 1

export class Drive {
  sent = 0
  readonly #links: Links
  #timer: ReturnType<typeof setInterval> | null = null

  constructor(links: Links) {
    this.#links = links
  }

  closed(): void {
    this.#links.onData = link => this.#beat(link)
    for (const link of this.#links.all) this.#beat(link)
  }

  /** `rate` beats a second, round robin over all links. */
  open(rate: number): void {
    const { all } = this.#links
    const start = performance.now()
    let done = 0
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - start) * rate) / 1_000)
      for (; done < due; done++) this.#beat(all[done % all.length]!)
    }, STEP)
  }

  halt(): void {
    this.#links.onData = () => {}
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #beat(link: Link): void {
    this.sent++
    this.#links.write(link, link.beat)
  }
}
