// Asks for the `heartbeat` list as fast as it is answered, and keeps every status that was ever told of each member:
// what no slower admin page could see.

export interface AdminPoll {
  /** Statuses told of this member since `forget`, each once. */
  statuses(id: string): string[]
  readonly answers: number
  forget(): void
  stop(): void
}

export async function pollAsAdmin(port: number): Promise<AdminPoll> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`)
  const told = new Map<string, Set<string>>()
  let answers = 0
  const ask = () => {
    if (socket.readyState === WebSocket.OPEN) socket.send('{"type":"GetHeartbeat","user":"admin"}')
  }
  socket.addEventListener('message', ({ data }) => {
    answers += 1
    for (const { user_id, status } of JSON.parse(String(data))) {
      const seen = told.get(user_id) ?? new Set()
      told.set(user_id, seen.add(status))
    }
    setTimeout(ask, 20)
  })
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  ask()
  return {
    statuses: id => [...(told.get(id) ?? [])],
    get answers() {
      return answers
    },
    forget: () => told.clear(),
    stop: () => socket.close(),
  }
}
