// What may be a member's id, and what may be a name. One rule for every dialect, the API and the hooks.
// Ids are compared byte for byte; nothing is trimmed, folded or normalised.

/** A parsed value, or why it is none. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: TextFault }

/** Why a text field was refused. */
export type TextFault = 'missing' | 'wrong_type' | 'empty' | 'too_long' | 'control_characters' | 'malformed'

const ID_BYTES = 256
const encoder = new TextEncoder()
// C0 controls, DEL and C1 controls: what a terminal or a log could take for a command
const CONTROL = /\p{Cc}/u

/** An id as text: 1-256 UTF-8 bytes, no control characters, no lone surrogate. */
export function parseId(text: string): Parsed<string> {
  return text === '' ? { ok: false, code: 'empty' } : parseText(text, ID_BYTES)
}

/** Free text such as a name: at most `bytes` UTF-8 bytes, no control characters; may be empty. */
export function parseText(text: string, bytes: number): Parsed<string> {
  if (isLonger(text, bytes)) return { ok: false, code: 'too_long' }
  if (CONTROL.test(text)) return { ok: false, code: 'control_characters' }
  return text.isWellFormed() ? { ok: true, value: text } : { ok: false, code: 'malformed' }
}

/** Whether `text` has more than `bytes` UTF-8 bytes. */
export function isLonger(text: string, bytes: number): boolean {
  // a UTF-16 unit is at least one byte and at most three: most texts need no encoding
  return text.length > bytes || (text.length * 3 > bytes && encoder.encode(text).length > bytes)
}
