// One socket of the fake mini-program platform: `task` is the program's side, the rest is the far end's and the
// platform's. The program hears everything later, never during a call.

import type { WxSocketTask } from '../../src/client/wx-global.ts'

type Heard = {
  open: { header?: Readonly<Record<string, string>> }
  message: { data: string | ArrayBuffer }
  close: { code: number; reason: string }
  error: { errMsg: string }
}

type Listeners = { [K in keyof Heard]?: (what: Heard[K]) => void }

export class FakeWxSocket {
  state: 'connecting' | 'open' | 'closed' = 'connecting'
  /** What went out. */
  readonly sent: string[] = []
  /** Sends and closes that did nothing, because the socket was not open. */
  readonly refused: string[] = []
  /** The code the program closed with. */
  closedWith: number | null = null
  readonly url: string
  readonly protocols: readonly string[]
  readonly task: WxSocketTask
  /** For whoever carries the far end. */
  onSent: (text: string) => void = () => {}
  onClosed: (code: number) => void = () => {}
  onTaken: () => void = () => {}
  readonly #fail: (what: { errMsg: string }) => void
  readonly #later: (run: () => void) => void
  readonly #listeners: Listeners = {}

  constructor(
    url: string,
    protocols: readonly string[],
    fail: (what: { errMsg: string }) => void,
    later: (run: () => void) => void,
  ) {
    this.url = url
    this.protocols = protocols
    this.#fail = fail
    this.#later = later
    this.task = {
      onOpen: listener => this.#hear({ open: listener }),
      onMessage: listener => this.#hear({ message: listener }),
      onClose: listener => this.#hear({ close: listener }),
      onError: listener => this.#hear({ error: listener }),
      send: ({ data }) => this.#send(data),
      close: ({ code }) => this.#close(code),
    }
  }

  accept(header?: Readonly<Record<string, string>>): void {
    this.state = 'open'
    this.#tell('open', header === undefined ? {} : { header })
  }

  /** The server cannot be reached, or its name is not on the program's list of servers. */
  refuse(errMsg = 'connectSocket:fail url not in domain list'): void {
    this.state = 'closed'
    this.#later(() => this.#fail({ errMsg }))
    this.#tell('error', { errMsg })
  }

  say(data: string | ArrayBuffer): void {
    this.#tell('message', { data })
  }

  end(code: number, reason = ''): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.#tell('close', { code, reason })
  }

  error(errMsg = 'WebSocket Error'): void {
    this.#tell('error', { errMsg })
  }

  /** The platform takes the socket; the far end sees the connection break. */
  take(told: Heard['close'] | null): void {
    this.state = 'closed'
    this.onTaken()
    if (told !== null) this.#tell('close', told)
  }

  #hear(listener: Listeners): void {
    Object.assign(this.#listeners, listener)
  }

  #send(data: string): void {
    if (this.state !== 'open') return void this.refused.push(data)
    this.sent.push(data)
    this.onSent(data)
  }

  #close(code: number): void {
    if (this.state !== 'open') return void this.refused.push(`close ${code}`)
    this.closedWith = code
    this.onClosed(code)
    this.end(code, 'normal closure')
  }

  #tell<K extends keyof Heard>(what: K, how: Heard[K]): void {
    this.#later(() => this.#listeners[what]?.(how))
  }
}
