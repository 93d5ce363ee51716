// The usual way to the server: a WebSocket, as browsers, Node and Bun have it. What one that was given up still tells is
// for whoever asked to ignore.

import { SUBPROTOCOL } from '../protocol/version.ts'
import type { ClientTransport } from './host.ts'

export const ws: ClientTransport = {
  name: 'ws',
  pings: true,
  connect(url, told) {
    const socket = new WebSocket(url, SUBPROTOCOL)
    // not every engine tells a close of what never opened
    const end = ({ code = 1006, reason = '' }: Partial<CloseEvent>) => {
      socket.onclose = null
      told.closed(code, reason)
    }
    socket.onopen = () => told.opened(socket.protocol)
    socket.onmessage = ({ data }) => told.text(data)
    socket.onclose = socket.onerror = end
    return {
      send(text) {
        if (socket.readyState === socket.OPEN) socket.send(text)
      },
      close: code => socket.close(code),
    }
  },
}
