// An independent watcher of members: hears what others hear, without suspicions, over restarts of the server too, and
// keeps every word. Nothing of the SDK is used: it is what the SDK is judged by.

import type { Entry, ServerMessage } from '../../src/protocol/messages.ts'
import { waitFor } from './wait.ts'

export class FlapWatch {
  /** Everything it was told, in order. */
  readonly told: Entry[] = []
  whole = false
  readonly #url: string
  readonly #members: readonly string[]
  #cursor: string | undefined
  #socket: WebSocket | null = null
  #stopped = false

  constructor(url: string, members: readonly string[]) {
    this.#url = url
    this.#members = members
    this.#connect()
  }

  /** Resolves when it hears. */
  static async of(url: string, ...members: string[]): Promise<FlapWatch> {
    const watch = new FlapWatch(url, members)
    await watch.hears()
    return watch
  }

  hears(): Promise<true> {
    return waitFor('the watcher to hear', () => this.whole, 15_000)
  }

  /** States a member went through as others see them. */
  states(member: string): string[] {
    const all = this.told.filter(entry => entry.member === member).map(({ state }) => state as string)
    return all.filter((state, i) => state !== all[i - 1])
  }

  /** How often it came: 1 for who never left. */
  stays(member: string): number {
    const joined = this.told.filter(entry => entry.member === member).map(({ joinedAt }) => joinedAt)
    return new Set(joined.filter(at => typeof at === 'number')).size
  }

  stop(): void {
    this.#stopped = true
    this.#socket?.close()
  }

  #connect(): void {
    const socket = new WebSocket(this.#url, 'systole.v1')
    this.#socket = socket
    socket.onopen = () => {
      const cursor = this.#cursor && { cursor: this.#cursor }
      socket.send(JSON.stringify({ t: 'hello', observer: true }))
      socket.send(JSON.stringify({ t: 'watch', members: this.#members, suspect: false, ...cursor }))
    }
    socket.onmessage = ({ data }) => this.#heard(JSON.parse(String(data)) as ServerMessage)
    socket.onclose = () => {
      this.whole = false
      if (!this.#stopped) setTimeout(() => this.#connect(), 50)
    }
  }

  #heard(message: ServerMessage): void {
    if (message.t !== 'snapshot' && message.t !== 'diff') return
    this.told.push(...message.entries)
    this.#cursor = message.cursor ?? this.#cursor
    if (message.cursor !== undefined) this.whole = true
  }
}
