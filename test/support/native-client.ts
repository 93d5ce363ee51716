// A native client as a test uses it, over the runtime's own WebSocket: says hello, applies what it is told as the
// protocol says (WatchModel), and comes back only when told to.

import type { ServerMessage } from '../../src/protocol/messages.ts'
import { waitFor } from './wait.ts'
import { keyOf, WatchModel, type WatchRequest } from './watch-model.ts'

type Welcome = Extract<ServerMessage, { t: 'welcome' }>

export class NativeClient {
  readonly model = new WatchModel()
  /** Frames that are neither snapshots nor diffs, of the connection that is open. */
  readonly heard: ServerMessage[] = []
  /** Close codes of the connections so far. */
  readonly closes: number[] = []
  readonly instance = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(15)))).replace(
    /[+/]/g,
    '_',
  )
  epoch = 0
  diffs = 0
  /** Diffs are counted, not applied: for crowds, of which one applies them for all. */
  counting = false
  /** Nothing that comes is looked at. */
  deaf = false
  /** Length of all diffs, and the end of the last one, which holds its cursor. */
  length = 0
  last = ''
  readonly #url: string
  #socket: WebSocket | null = null

  constructor(url: string) {
    this.#url = url
  }

  get open(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** Connects and says hello; the welcome, or what the server said instead. */
  async hello(hello: object): Promise<Welcome> {
    await this.connect()
    this.epoch++
    this.send({ t: 'hello', ...hello })
    await waitFor('an answer to hello', () => this.heard.length > 0 || !this.open, 15_000)
    const welcome = this.of('welcome')[0]
    if (welcome === undefined) throw new Error(`no welcome: ${JSON.stringify(this.heard)} ${this.closes}`)
    return welcome as Welcome
  }

  /** As a member, with the instance of this client. */
  join(member: string, more: object = {}): Promise<Welcome> {
    return this.hello({ member, instance: this.instance, epoch: this.epoch + 1, ...more })
  }

  observe(): Promise<Welcome> {
    return this.hello({ observer: true })
  }

  connect(): Promise<void> {
    this.heard.length = 0
    const socket = new WebSocket(this.#url, 'systole.v1')
    this.#socket = socket
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket || this.deaf) return
      const text = String(data)
      const isDiff = text.startsWith('{"t":"diff"')
      if (isDiff) this.#count(text)
      if (isDiff && this.counting) return
      if (isDiff || text.startsWith('{"t":"snapshot"')) this.model.hear(text)
      else this.heard.push(JSON.parse(text) as ServerMessage)
    }
    return new Promise((resolve, reject) => {
      socket.onopen = () => resolve()
      socket.onerror = () => reject(new Error(`no connection to ${this.#url}`))
      socket.onclose = ({ code }) => this.closes.push(code)
    })
  }

  send(message: object | string): void {
    this.#socket?.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Watches and waits until the list is whole; goes on from the cursor it holds. */
  async watch(request: WatchRequest, withinMs = 15_000): Promise<void> {
    const { of, group, members, suspect } = request
    const cursor = this.model.lists.get(keyOf(of, group))?.cursor ?? undefined
    const list = this.model.expect(request, cursor === undefined)
    const scope = of === 'all' ? { all: true } : of === 'group' ? { group } : { members }
    this.send({ t: 'watch', ...scope, suspect: suspect === true, ...(cursor && { cursor }) })
    await waitFor(`the list of ${keyOf(of, group)}`, () => list.whole, withinMs)
  }

  #count(text: string): void {
    this.diffs++
    this.length += text.length
    this.last = text.slice(-64)
  }

  /** Members in a list, by id. */
  ids(of: string, group?: string): string[] {
    return [...(this.model.lists.get(keyOf(of, group))?.entries.keys() ?? [])].sort()
  }

  of(t: ServerMessage['t']): ServerMessage[] {
    return this.heard.filter(message => message.t === t)
  }

  close(code = 1000): void {
    this.#socket?.close(code)
  }
}
