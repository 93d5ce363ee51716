// Devices of another machine: holds one link per flow given as JSON in `argv[2]`, says hello, beats, and connects again
// when a link ends. Tells every opening and end as a JSON line.

export interface Flow {
  readonly id: string
  readonly url: string
  readonly hello: string
  readonly beat: string
  readonly everyMs: number
}

const AGAIN = 200

function live(flow: Flow): void {
  const socket = new WebSocket(flow.url)
  const beating = setInterval(() => {
    if (socket.readyState === WebSocket.OPEN) socket.send(flow.beat)
  }, flow.everyMs)
  socket.onopen = () => {
    socket.send(flow.hello)
    tell(flow.id, 'open')
  }
  socket.onclose = () => {
    clearInterval(beating)
    tell(flow.id, 'close')
    setTimeout(() => live(flow), AGAIN)
  }
}

function tell(id: string, on: string): void {
  process.stdout.write(`${JSON.stringify({ id, on })}\n`)
}

for (const flow of JSON.parse(process.argv[2] ?? '[]') as Flow[]) live(flow)
