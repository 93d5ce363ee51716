// Finds slow readers where the engine fans out by itself and tells nobody whose queue grew. It looks at a link only
// after something was published to it, on a later turn, and not before enough was published to matter.
import type { Topic } from './topics.ts'
import { TurnQueue } from './turn-queue.ts'

/** What of a link is asked here: cut it, if its queue is over the cap. MUST NOT throw. */
interface Queued {
  checkQueue(): void
}

/** Milliseconds of looking in one turn. 10,000 queues take about one. */
const BUDGET = 4

/**
 * The law: once more than `maxQueued / 4` bytes were published since the last look, all topics together, every link of
 * a topic that had some of them is looked at on a following turn, and cut if its queue is over the cap. So a queue
 * never holds more than `cap + cap / 4 + what is published in the turns until the look`; where one turn publishes no
 * more than a quarter of the cap, that is 1.5 caps. Counting all topics together is what catches a link that is in
 * many; as a topic without a publish is not looked at, a delivery costs one look at most, 1 % of what its write costs.
 */
export class QueueCheck<L extends Queued> {
  readonly #threshold: number
  readonly #looks: TurnQueue<Topic<L>>
  #topics = new Set<Topic<L>>()
  #bytes = 0

  constructor(maxQueued: number, now: () => number, nextTurn: (run: () => void) => void) {
    this.#threshold = maxQueued / 4
    this.#looks = new TurnQueue(look, now, nextTurn, BUDGET)
  }

  /** `bytes` were published to this topic. */
  note(topic: Topic<L>, bytes: number): void {
    this.#topics.add(topic)
    this.#bytes += bytes
    if (this.#bytes <= this.#threshold) return
    for (const due of this.#topics) this.#looks.push(due)
    this.#topics.clear()
    this.#bytes = 0
  }
}

function look<L extends Queued>(topic: Topic<L>): void {
  for (const link of topic.links) link.checkQueue()
}
