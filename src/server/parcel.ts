// One pushed message in the forms that connections read: native ones get a frame, the published dialects plain text,
// anything but text as JSON. Each form is made once, when it is first needed.

import { SystoleError } from '../errors.ts'
import type { Connection } from './connection.ts'

export class Parcel {
  /** What an acknowledgement names; `null`: none is awaited. Set before it is sent. */
  id: string | null = null
  readonly #data: unknown
  readonly #json: string
  #frame: string | null = null

  /** Throws `bad_data` where JSON cannot hold `data`. */
  constructor(data: unknown) {
    this.#data = data
    this.#json = jsonOf(data)
  }

  textFor({ stage }: Connection): string {
    if (stage === 'new') return typeof this.#data === 'string' ? this.#data : this.#json
    const id = this.id === null ? '' : `,"id":${JSON.stringify(this.id)}`
    this.#frame ??= `{"t":"message","data":${this.#json}${id}}`
    return this.#frame
  }
}

function jsonOf(data: unknown): string {
  const remedy = 'push text, or a value of objects, arrays, text, numbers, true, false and null'
  let json: string | undefined
  try {
    json = JSON.stringify(data)
  } catch (cause) {
    throw new SystoleError('bad_data', `JSON cannot hold this message: ${remedy}`, { cause })
  }
  if (json === undefined) throw new SystoleError('bad_data', `${typeof data} is nothing in JSON: ${remedy}`)
  return json
}
