// Keeps the thread that owns the data file: starts it, hands it requests, and tells its owner what came of them. What
// to do about a failure is the owner's decision.

import { Worker } from 'node:worker_threads'
import type { Answer, Request } from './messages.ts'

/** The part of a worker thread that is used here. */
export interface Thread {
  postMessage(request: Request): void
  on(event: 'message', told: (answer: Answer) => void): unknown
  on(event: 'error', told: (error: Error) => void): unknown
  on(event: 'exit', told: () => void): unknown
  terminate(): Promise<unknown>
}

/** Starts the thread of file-thread.ts. */
export type StartThread = () => Thread

/** What the owner is told. `died`: the thread ended, and nobody asked it to. */
export interface LinkHandlers {
  answered(answer: Answer): void
  died(error: Error): void
}

/** The real thread. */
export const startFileThread: StartThread = () => {
  const suffix = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  return new Worker(new URL(`./file-thread${suffix}`, import.meta.url))
}

export class FileLink {
  readonly #start: StartThread
  readonly #handlers: LinkHandlers
  #thread: Thread | null = null

  constructor(start: StartThread, handlers: LinkHandlers) {
    this.#start = start
    this.#handlers = handlers
  }

  get running(): boolean {
    return this.#thread !== null
  }

  /** Starts a thread; an older one must have been stopped. */
  start(): void {
    const thread = this.#start()
    let cause: Error | null = null
    this.#thread = thread
    thread.on('message', answer => {
      if (this.#thread === thread) this.#handlers.answered(answer)
    })
    thread.on('error', error => {
      cause = error
    })
    thread.on('exit', () => {
      if (this.#thread !== thread) return
      this.#thread = null
      this.#handlers.died(cause ?? new Error('the thread of the data file ended'))
    })
  }

  send(request: Request): void {
    this.#thread?.postMessage(request)
  }

  /** Ends the thread, whatever it is doing; the file is free when this resolves. */
  async stop(): Promise<void> {
    const thread = this.#thread
    this.#thread = null
    await thread?.terminate()
  }
}
