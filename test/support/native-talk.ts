// What a test reads of a native connection that has no socket, and how it keeps one alive.

import type { FakeLink } from './fake-link.ts'
import type { FakeServer } from './fake-server.ts'

/** Frames from the server, parsed. */
export function heard(link: FakeLink) {
  return link.sent.map(text => JSON.parse(text))
}

/** The code of the first error. */
export function errorOf(link: FakeLink): string | undefined {
  return heard(link).find(({ t }) => t === 'error')?.code
}

/** The session a welcome named, and whether it went on. */
export function welcomed(link: FakeLink): [session: string, resumed: boolean] {
  const { session, resumed } = heard(link).find(({ t }) => t === 'welcome')
  return [session, resumed]
}

/** Beats on `links` while time passes, as the SDK does. */
export function beating(server: FakeServer, ms: number, ...links: FakeLink[]): void {
  for (let gone = 0; gone < ms; gone += 1_000) {
    for (const link of links) link.say('{"t":"beat"}')
    server.advance(Math.min(1_000, ms - gone))
  }
}
