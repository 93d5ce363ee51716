// What a note must look like to be taken: its key, and its value as JSON.

import { SystoleError } from '../../errors.ts'

const LONGEST_KEY = 512
const LARGEST_VALUE = 65_536

/** Throws `bad_data`. */
export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key)
  if (bytes >= 1 && bytes <= LONGEST_KEY) return
  throw new SystoleError('bad_data', `The key of a note has 1-${LONGEST_KEY} bytes, this one ${bytes}.`)
}

/** The value as JSON. Throws `bad_data`. */
export function noteText(value: unknown): string {
  const text = jsonOf(value)
  const bytes = Buffer.byteLength(text)
  if (bytes <= LARGEST_VALUE) return text
  throw new SystoleError(
    'bad_data',
    `A note holds at most ${LARGEST_VALUE} bytes of JSON, this one has ${bytes}.`,
  )
}

function jsonOf(value: unknown): string {
  let cause: unknown
  try {
    const text = JSON.stringify(value) as string | undefined
    if (text !== undefined) return text
  } catch (error) {
    cause = error
  }
  throw new SystoleError('bad_data', 'The value of a note must be something that JSON can hold.', { cause })
}
