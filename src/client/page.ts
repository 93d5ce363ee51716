// Where most clients run: a page of a browser, or a program without one (Node, Bun, a worker). It tells what the page goes
// through, and decides nothing.

import type { Host, Signal } from './host.ts'

const ACTIVITY = ['pointerdown', 'pointermove', 'keydown', 'touchstart', 'scroll', 'wheel']

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
    // being looked at alone may throw, where storage is forbidden
    storage: {
      getItem: key => sessionStorage.getItem(key),
      setItem: (key, text) => sessionStorage.setItem(key, text),
    },
    locks: navigator.locks ?? null,
    base: location.href,
  }
}

function listen(tell: (signal: Signal) => void): () => void {
  const stop = new AbortController()
  const options = { signal: stop.signal, passive: true, capture: true }
  const hear = (target: EventTarget, names: readonly string[], signal: (event: Event) => Signal | null) => {
    for (const name of names)
      target.addEventListener(
        name,
        event => {
          const told = signal(event)
          if (told !== null) tell(told)
        },
        options,
      )
  }
  const persisted = (event: Event) => (event as PageTransitionEvent).persisted
  hear(document, ['visibilitychange'], () => document.visibilityState as 'hidden' | 'visible')
  hear(document, ['resume'], () => 'wake')
  hear(window, ['focus'], ({ target }) => (target === window ? 'wake' : null))
  hear(window, ['online', 'offline'], ({ type }) => type as Signal)
  hear(window, ['pagehide'], event => (persisted(event) ? 'cached' : 'leaving'))
  hear(window, ['pageshow'], event => (persisted(event) ? 'restored' : null))
  hear(document, ACTIVITY, () => 'active')
  if (document.visibilityState === 'hidden') tell('hidden')
  return () => stop.abort()
}
