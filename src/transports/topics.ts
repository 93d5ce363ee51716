// Who gets what is published on one listener: a set of links per topic, and on each link the topics it is in, so that
// an end costs as much as it had subscriptions. A topic exists only while somebody is in it; nothing is sent here.

export interface Topic<L> {
  readonly name: string
  readonly links: Set<L>
  /** Bytes the engine was given to send to everybody here, since the topic began. */
  published: number
}

/** What a link keeps for its topics. */
export interface Subscriber<L> {
  /** `undefined`: none, as most links have for all their life. */
  topics: Topic<L>[] | undefined
  /** What `published` of its topics counts too much or too little for this link: see `publishedTo`. */
  unheard: number
}

export class Topics<L extends Subscriber<L>> {
  readonly #byName = new Map<string, Topic<L>>()

  /** Topics somebody is in. */
  get size(): number {
    return this.#byName.size
  }

  get(name: string): Topic<L> | undefined {
    return this.#byName.get(name)
  }

  /** False: it was in there already. */
  join(link: L, name: string): boolean {
    const topic = this.#byName.get(name) ?? this.#begin(name)
    if (topic.links.has(link)) return false
    topic.links.add(link)
    link.unheard += topic.published
    if (link.topics === undefined) link.topics = [topic]
    else link.topics.push(topic)
    return true
  }

  /** False: it was not in there. */
  leave(link: L, name: string): boolean {
    const topic = this.#byName.get(name)
    if (topic === undefined || !this.#drop(link, topic)) return false
    const topics = link.topics!
    const last = topics.pop()!
    if (last !== topic) topics[topics.indexOf(topic)] = last
    if (topics.length === 0) link.topics = undefined
    return true
  }

  leaveAll(link: L): void {
    for (const topic of link.topics ?? []) this.#drop(link, topic)
    link.topics = undefined
  }

  #begin(name: string): Topic<L> {
    const topic: Topic<L> = { name, links: new Set(), published: 0 }
    this.#byName.set(name, topic)
    return topic
  }

  #drop(link: L, topic: Topic<L>): boolean {
    if (!topic.links.delete(link)) return false
    link.unheard -= topic.published
    if (topic.links.size === 0) this.#byName.delete(topic.name)
    return true
  }
}

/** Bytes published to this link since it began: `sum of its topics' published - unheard`, also across joins and leaves. */
export function publishedTo<L>(link: Subscriber<L>): number {
  let sum = -link.unheard
  for (const topic of link.topics ?? []) sum += topic.published
  return sum
}
