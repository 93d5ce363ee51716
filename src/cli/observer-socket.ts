// The observer's socket and clock as the platform has them: the global WebSocket, which Bun and Node >= 22 share.

import { SUBPROTOCOL } from '../protocol/version.ts'
import type { ObserverClock, ObserverSocket, SocketHandlers } from './observer.ts'

/** Monotonic: unaffected when somebody sets the clock. */
export const platformClock: ObserverClock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** Opens `url` (`ws:` or `wss:`) with our subprotocol. */
export function openSocket(url: URL, handlers: SocketHandlers): ObserverSocket {
  const socket = new WebSocket(url, SUBPROTOCOL)
  socket.onopen = () => handlers.opened(socket.protocol)
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string') handlers.text(data)
  }
  socket.onclose = ({ code, reason }) => handlers.closed(code, reason)
  // not every engine tells a close of what never opened
  socket.onerror = () => {
    if (socket.readyState === WebSocket.CONNECTING) handlers.closed(1006, '')
  }
  return {
    send: text => socket.send(text),
    close: () => socket.close(),
  }
}
