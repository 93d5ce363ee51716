// The usual way to the server: a WebSocket, as browsers, Node and Bun have it.

import { SUBPROTOCOL } from '../protocol/version.ts'
import type { ClientTransport } from './host.ts'

export const ws: ClientTransport = {
  name: 'ws',
  pings: true,
  connect(url, told) {
    const socket = new WebSocket(url, SUBPROTOCOL)
    socket.onopen = () => told.opened(socket.protocol)
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') told.text(data)
    }
    socket.onclose = ({ code, reason }) => told.closed(code, reason)
    // not every engine tells a close of what never opened
    socket.onerror = () => {
      if (socket.readyState === socket.CONNECTING) told.closed(1006, '')
    }
    return {
      send(text) {
        if (socket.readyState === socket.OPEN) socket.send(text)
      },
      close(code) {
        // a dead one would tell its close minutes later
        socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null
        socket.close(code)
      },
    }
  },
}
