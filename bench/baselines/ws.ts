// Baseline: an echo server on the `ws` package under Node, with everything off that costs.

import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { control, messageOf, portArgument } from './control.ts'

const http = createServer((_request, response) => void response.end('ok'))
const links = new WebSocketServer({ server: http, perMessageDeflate: false })

links.on('connection', link => {
  link.on('message', (data, isBinary) => link.send(data, { binary: isBinary }))
})
http.listen(portArgument(), '127.0.0.1')

control({
  fan: bytes => {
    const message = messageOf(bytes)
    for (const link of links.clients) link.send(message)
  },
})
