// Two ways of putting load on links. Closed: every link sends its next beat when the answer to the last one is here,
// so the server sets the pace. Open: so many beats a second whatever comes back, so both servers get the same.

import type { Link, Links } from './links.ts'

export class Drive {
  sent = 0
  readonly #links: Links
  #open = false

  constructor(links: Links) {
    this.#links = links
  }

  closed(): void {
    this.#links.onData = link => this.#beat(link)
    for (const link of this.#links.all) this.#beat(link)
  }

  /**
   * `rate` beats a second, round robin over all links. Paced by every turn of the loop and not by a timer: beats come
   * one by one, as from many machines, and not in bursts that a server reads in one go.
   */
  open(rate: number): void {
    const { all } = this.#links
    const start = performance.now()
    let done = 0
    this.#open = true
    const turn = (): void => {
      const due = Math.floor(((performance.now() - start) * rate) / 1_000)
      for (; done < due; done++) this.#beat(all[done % all.length]!)
      if (this.#open) setImmediate(turn)
    }
    turn()
  }

  halt(): void {
    this.#links.onData = () => {}
    this.#open = false
  }

  #beat(link: Link): void {
    this.sent++
    this.#links.write(link, link.beat)
  }
}
