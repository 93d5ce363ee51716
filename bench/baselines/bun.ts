// Baseline: the barest server `Bun.serve` allows. Echoes every message; with `--fan` every link is on one topic too,
// which costs memory and time and so is left out where echoes are measured.

import { control, messageOf, portArgument } from './control.ts'

const fans = process.argv.includes('--fan')
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: portArgument(),
  fetch(request, server) {
    return server.upgrade(request) ? undefined : new Response('ok')
  },
  websocket: {
    idleTimeout: 0,
    sendPings: false,
    perMessageDeflate: false,
    open(link) {
      if (fans) link.subscribe('all')
    },
    message(link, message) {
      link.send(message)
    },
  },
})

control({ fan: bytes => void server.publish('all', messageOf(bytes)) })
