// Baseline: Socket.IO under Node, WebSocket transport only, answering one event with one event.

import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { control, messageOf, portArgument } from './control.ts'

const http = createServer((_request, response) => void response.end('ok'))
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, serveClient: false })

io.on('connection', socket => {
  socket.on('beat', () => void socket.emit('beat'))
})
http.listen(portArgument(), '127.0.0.1')

control({ fan: bytes => void io.emit('news', messageOf(bytes)) })
