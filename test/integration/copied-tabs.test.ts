// A browser may copy a tab with its memory: both hold one instance and one epoch. As clients are told to do by the
// protocol, who is refused draws a new instance and comes back once; nobody is evicted for ever.

import { expect, test } from 'bun:test'
import { NativeClient } from '../support/native-client.ts'
import { RUNTIMES, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

/** A page as the protocol wants it: comes back after a cut, and with a new instance after 4409. */
class Tab {
  readonly codes: number[] = []
  open = false
  #socket: WebSocket | null = null
  #epoch: number
  #instance: string
  #gone = false
  readonly #url: string

  constructor(url: string, instance: string, epoch: number) {
    this.#url = url
    this.#instance = instance
    this.#epoch = epoch
  }

  start(): void {
    const socket = new WebSocket(this.#url, 'systole.v1')
    this.#socket = socket
    const hello = { t: 'hello', member: 'ana', instance: this.#instance, epoch: ++this.#epoch }
    socket.onopen = () => socket.send(JSON.stringify(hello))
    socket.onmessage = ({ data }) => {
      if (String(data).includes('"welcome"')) this.open = true
    }
    socket.onclose = ({ code }) => {
      this.open = false
      if (this.#gone) return
      this.codes.push(code)
      if (code === 4409) this.#instance = crypto.randomUUID()
      if (code < 4500) setTimeout(() => this.start(), 50)
    }
  }

  stop(): void {
    this.#gone = true
    this.#socket?.close()
  }
}

for (const runtime of RUNTIMES)
  test(`two tabs with one instance settle on ${runtime}`, async () => {
    const server = await startServer({ runtime })
    const url = `ws://127.0.0.1:${server.port('main')}`
    const watcher = new NativeClient(url)
    await watcher.observe()
    await watcher.watch({ of: 'members', members: ['ana'], suspect: true })
    const instance = crypto.randomUUID()
    // the copies have lived differently long since they were one
    const tabs = [new Tab(url, instance, 4), new Tab(url, instance, 4), new Tab(url, instance, 9)]
    for (const tab of tabs) tab.start()
    await waitFor('all of them to be here', () => tabs.every(({ open }) => open), 10_000)
    await pause(1_500)
    try {
      expect(tabs.every(({ open }) => open)).toBe(true)
      expect((await server.api.sessions()).filter(({ member }) => member === 'ana')).toHaveLength(tabs.length)
      // each was cut or refused a few times at most, and others saw one member that came and stayed
      for (const { codes } of tabs) expect(codes.length).toBeLessThanOrEqual(3)
      expect(watcher.model.lists.get('members')!.entries.get('ana')!.state).toBe('online')
      const { joinedAt, state } = (await server.api.member('ana'))!
      expect([state, watcher.model.lists.get('members')!.entries.get('ana')!.joinedAt]).toEqual([
        'online',
        joinedAt!,
      ])
    } finally {
      for (const tab of tabs) tab.stop()
      watcher.close()
      await server.kill()
    }
  }, 60_000)
