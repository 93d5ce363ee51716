// Where most clients run: a page of a browser, or a program without one (Node, Bun, a worker). It tells what the page goes
// through, and decides nothing.

import type { Host, Signal } from './host.ts'

/** What an event of a page tells; `false`: nothing. */
const SIGNALS: Readonly<Record<string, (event: Event) => Signal | false>> = {
  visibilitychange: () => document.visibilityState as Signal,
  resume: () => 'wake',
  // not those of its fields
  focus: event => event.target === window && 'wake',
  online: () => 'online',
  offline: () => 'offline',
  pagehide: event => ((event as PageTransitionEvent).persisted ? 'cached' : 'leaving'),
  pageshow: event => (event as PageTransitionEvent).persisted && 'restored',
  pointerdown: isActive,
  pointermove: isActive,
  keydown: isActive,
  scroll: isActive,
}

/** A program: never hidden, nothing to tell. */
const program: Host = {
  now: Date.now,
  after: (ms, run) => setTimeout(run, ms),
  cancel: timer => clearTimeout(timer as number),
  random: Math.random,
  bytes: count => crypto.getRandomValues(new Uint8Array(count)),
  listen: () => () => {},
  storage: null,
  locks: null,
  base: null,
}

/** The host of the place this runs at. */
export function here(): Host {
  if (typeof document === 'undefined') return program
  return {
    ...program,
    listen,
    // to look at it may throw, where it is forbidden
    get storage() {
      return sessionStorage
    },
    locks: navigator.locks ?? null,
    base: location.href,
  }
}

function isActive(): Signal {
  return 'active'
}

// Captured, so at the window and before anybody can stop them.
function listen(tell: (signal: Signal) => void): () => void {
  const stop = new AbortController()
  for (const [name, signal] of Object.entries(SIGNALS)) {
    const hear = (event: Event) => {
      const told = signal(event)
      if (told) tell(told)
    }
    addEventListener(name, hear, { signal: stop.signal, capture: true, passive: true })
  }
  if (document.hidden) tell('hidden')
  return () => stop.abort()
}
