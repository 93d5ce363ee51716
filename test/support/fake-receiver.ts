// Who is sent webhooks, without a network: it keeps what it took, and answers what it is told to. Also the parts a sender
// needs, with time that only the test moves.

import type { Transition } from '../../src/core/transition.ts'
import { LogReader } from '../../src/server/log-reader.ts'
import { MemoryNotebook } from '../../src/stores/embedded/memory-notebook.ts'
import type { Notebook } from '../../src/stores/notebook.ts'
import { type EndpointSettings, openEndpoints } from '../../src/webhooks/endpoints.ts'
import type { Answer, Post } from '../../src/webhooks/poster.ts'
import { FakeLog, FakeTime } from './fake-log.ts'

/** A message as it came. */
export interface Received {
  readonly headers: Readonly<Record<string, string>>
  readonly type: string
  /** Ids of its events. */
  readonly ids: readonly string[]
  readonly cursor: string
  readonly text: string
  readonly at: number
}

export const OK: Answer = { status: 200, retryAfter: null, problem: '' }

export function answer(status: number | null, retryAfter: string | null = null, problem = ''): Answer {
  return { status, retryAfter, problem }
}

export class FakeReceiver {
  readonly messages: Received[] = []
  /** Answers in order, then `OK`. */
  readonly answers: Answer[] = []
  /** Answers nothing until it is let go. */
  hold = false
  under = 0
  mostUnder = 0
  readonly #time: FakeTime
  #release: (() => void)[] = []

  constructor(time: FakeTime) {
    this.#time = time
  }

  get ids(): string[] {
    return this.messages.flatMap(({ ids }) => ids)
  }

  release(): void {
    this.hold = false
    for (const go of this.#release.splice(0)) go()
  }

  post: Post = async (headers, body, signal) => {
    this.under++
    this.mostUnder = Math.max(this.mostUnder, this.under)
    const text = new TextDecoder().decode(body)
    const { type, data } = JSON.parse(text)
    const ids = (data.events ?? []).map(({ id }: { id: string }) => id)
    this.messages.push({ headers, type, ids, cursor: data.cursor, text, at: this.#time.at })
    if (this.hold)
      await new Promise<void>(resolve => {
        this.#release.push(resolve)
        signal.addEventListener('abort', () => resolve())
      })
    this.under--
    return signal.aborted ? answer(null, null, 'given up') : (this.answers.shift() ?? OK)
  }
}

export const ENDPOINT: EndpointSettings = {
  name: 'backend',
  url: 'https://example.org/hook',
  secret: null,
  kinds: ['join', 'leave', 'suspect', 'resume', 'away', 'back', 'update'],
  type: null,
  group: null,
  allowPrivate: false,
}

/**
 * A log, its receiver, and what they need; `open` makes endpoints of them, as often as one likes. `isNew`: it is not known
 * from before, when it had everything.
 */
export function webhookStage({
  notebook = new MemoryNotebook() as Notebook,
  log = new FakeLog(),
  isNew = false,
} = {}) {
  const time = new FakeTime()
  const receiver = new FakeReceiver(time)
  const said: string[] = []
  const errors: unknown[] = []
  const reader = new LogReader(log, time.after)
  const open = async (patch: Partial<EndpointSettings> = {}, chance = 0.5) => {
    if (!isNew && (await notebook.get('webhooks', ENDPOINT.name)) === null)
      await notebook.put('webhooks', ENDPOINT.name, { cursor: log.cursor(log.told.length) })
    return openEndpoints([{ ...ENDPOINT, ...patch }], {
      log: reader,
      history: async (member, before) => ({
        transitions: before === null ? [] : historyOf(log.told.slice(log.trimmed), member, before),
        next: null,
      }),
      notebook,
      time,
      chance: () => chance,
      show: ({ kind, version }) => ({ kind, version }),
      say: (_, message) => said.push(message),
      onError: error => errors.push(error),
      post: () => receiver.post,
    })
  }
  return { log, time, receiver, notebook, said, errors, reader, open }
}

function historyOf(told: readonly Transition[], member: string, before: number): Transition[] {
  return told.filter(one => one.member === member && one.version < before).slice(-1)
}
