// All webhook endpoints of a server: each is a sender of its own, and none knows of another. What they share is the log
// they read and the words of its transitions.

import type { Transition } from '../core/transition.ts'
import { SystoleError } from '../errors.ts'
import { secretBytes } from '../signature.ts'
import type { Notebook } from '../stores/notebook.ts'
import type { Store } from '../stores/store.ts'
import type { EndpointStatus, Endpoints } from './endpoint.ts'
import { EventTexts } from './event-texts.ts'
import { Note } from './note.ts'
import { makePoster, type Post } from './poster.ts'
import { type ReadsLog, Sender, type Time } from './sender.ts'
import { Sieve, type Wanted } from './sieve.ts'

export interface EndpointSettings extends Wanted {
  readonly name: string
  readonly url: string
  /** `whsec_…`; `null`: what is sent is not signed. */
  readonly secret: string | null
  readonly allowPrivate: boolean
}

export interface EndpointParts {
  readonly log: ReadsLog
  readonly history: Store['history']
  readonly notebook: Notebook
  readonly time: Time
  readonly chance: () => number
  /** What is shown of a transition. */
  readonly show: (transition: Transition) => object
  readonly say: (what: 'failing' | 'working' | 'dead', message: string) => void
  readonly onError: (error: unknown) => void
  /** @default over HTTP, see poster.ts */
  readonly post?: (settings: EndpointSettings) => Post
}

/** Finds each endpoint's place, or notes that it begins now, and begins to send. Rejects with `store_failed` or `bad_option`. */
export async function openEndpoints(
  settings: readonly EndpointSettings[],
  parts: EndpointParts,
): Promise<Endpoints> {
  const texts = new EventTexts(parts.show)
  const senders = new Map(settings.map(one => [one.name, makeSender(one, parts, texts)]))
  await Promise.all(Array.from(senders.values(), sender => sender.open()))
  for (const sender of senders.values()) sender.start()
  return {
    list: () => Array.from(senders.values(), (sender): EndpointStatus => sender.status()),
    resume: async (name, from) => {
      const sender = senders.get(name)
      await sender?.resume(from)
      return sender !== undefined
    },
    stop: async () => {
      await Promise.all(Array.from(senders.values(), sender => sender.stop()))
    },
  }
}

function makeSender(settings: EndpointSettings, parts: EndpointParts, texts: EventTexts): Sender {
  const { log, history, notebook, time, chance, say, onError, post = postsTo } = parts
  const { name, url, kinds, type, group } = settings
  const secret = settings.secret === null ? null : secretBytes(settings.secret)
  if (secret === null && settings.secret !== null)
    throw new SystoleError(
      'bad_option',
      `webhook ${name}: its secret must be whsec_ and base64 of 24 to 64 bytes`,
    )
  return new Sender(
    { name, url, secret, kinds, type, group },
    {
      log,
      note: new Note(notebook, name, onError),
      post: post(settings),
      sieve: new Sieve({ kinds, type, group }, history),
      texts,
      time,
      chance,
      say,
    },
  )
}

function postsTo({ url, allowPrivate }: EndpointSettings): Post {
  return makePoster(url, { allowPrivate })
}
