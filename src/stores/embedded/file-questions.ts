// What was asked of the file's thread and is not answered yet. Whoever waits is told what came of it, also when another
// thread has to be asked again: each question may be carried out twice, if all are in the same order.

import type { Question, Request, Rows } from './messages.ts'

interface Asked {
  readonly question: Question
  resolve(rows: Rows): void
  reject(error: Error): void
}

export class FileQuestions {
  readonly #send: (request: Request) => void
  readonly #asked = new Map<number, Asked>()
  #last = 0

  constructor(send: (request: Request) => void) {
    this.#send = send
  }

  ask(question: Question): Promise<Rows> {
    const ask = ++this.#last
    return new Promise((resolve, reject) => {
      this.#asked.set(ask, { question, resolve, reject })
      this.#send({ ...question, ask })
    })
  }

  answered(ask: number, rows: Rows): void {
    this.#take(ask)?.resolve(rows)
  }

  failed(ask: number, error: Error): void {
    this.#take(ask)?.reject(error)
  }

  /** Asks everything that is not answered again: the thread is another one. */
  again(): void {
    for (const [ask, { question }] of this.#asked) this.#send({ ...question, ask })
  }

  /** Nobody will answer any more. */
  giveUp(error: Error): void {
    for (const ask of [...this.#asked.keys()]) this.failed(ask, error)
  }

  #take(ask: number): Asked | undefined {
    const asked = this.#asked.get(ask)
    this.#asked.delete(ask)
    return asked
  }
}
