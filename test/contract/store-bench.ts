// What the suites of the stores stand on: opens, closes and opens again a store over the data of one test.

import { expect } from 'bun:test'
import type { Opened, PageQuery, Store } from '../../src/stores/store.ts'

/** Where the stores of one test keep what they keep. */
export interface StoreStage {
  /** A store over the data of this stage; the one before was closed. */
  store(): Store
  remove(): Promise<void>
}

/** Makes them. `now`: the wall clock, where the test has one. */
export type StageOf = (now?: () => number) => StoreStage

/** Whether a second store over the same data knows what the first one knew. */
export interface StoreTraits {
  readonly survives: boolean
}

export class StoreBench {
  #stage: StoreStage | null = null
  #store: Store | null = null
  #opened: Opened | null = null
  readonly #stageOf: StageOf

  constructor(stageOf: StageOf) {
    this.#stageOf = stageOf
  }

  get store(): Store {
    return this.#store!
  }

  get opened(): Opened {
    return this.#opened!
  }

  async begin(): Promise<void> {
    this.#stage = this.#stageOf()
    await this.open()
  }

  /** Opens the next store over the same data; the one before must be closed. */
  async open(): Promise<void> {
    this.#store = this.#stage!.store()
    this.#opened = await this.#store.open()
  }

  async reopen(): Promise<void> {
    await this.opened.close([])
    await this.open()
  }

  /** After each test. */
  async end(): Promise<void> {
    await this.#opened?.close([])
    await this.#stage?.remove()
    this.#opened = null
    this.#stage = null
  }

  /** Ids on all pages of `limit` members. */
  async idsOf(
    order: PageQuery['order'],
    limit: number,
    only: Pick<PageQuery, 'state' | 'group' | 'present'> = {},
  ): Promise<string[]> {
    const ids: string[] = []
    let after: string | null = null
    do {
      const page = await this.store.page({ order, after, limit, ...only })
      expect(page.members.length).toBeLessThanOrEqual(limit)
      ids.push(...page.members.map(({ id }) => id))
      after = page.next
    } while (after !== null)
    return ids
  }
}
