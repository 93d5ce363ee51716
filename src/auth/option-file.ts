// Reads what options name: secrets as text, `base64:…` or `file:…`, and files. Every failure is a `bad_option` that names
// the option and the file and never shows what was read.

import { readFileSync } from 'node:fs'
import { SystoleError } from '../errors.ts'

/** What reads a file whole; throws as `readFileSync` does. */
export type ReadFile = (path: string) => Uint8Array

export const readWhole: ReadFile = path => readFileSync(path)

/** Bytes of a secret that signs tokens (RFC 7518, section 3.2). */
const LEAST_SECRET = 32
const decoder = new TextDecoder('utf-8', { fatal: true })

/** A refusal that names an option. */
export function badOption(option: string, text: string, cause?: unknown): SystoleError {
  return new SystoleError('bad_option', `${option}: ${text}`, cause === undefined ? {} : { cause })
}

/** The bytes of a file. */
export function fileOf(option: string, path: string, read: ReadFile): Uint8Array {
  try {
    return read(path)
  } catch (cause) {
    const why = (cause as { code?: unknown }).code ?? (cause as Error).message
    throw badOption(option, `the file ${path} cannot be read (${why}): correct its name or its rights`, cause)
  }
}

/** `file:…` as the text in it, without white space around; any other text as it stands. */
export function textOf(option: string, text: string, read: ReadFile): string {
  if (!text.startsWith('file:')) return text
  const path = text.slice('file:'.length)
  try {
    return decoder.decode(fileOf(option, path, read)).trim()
  } catch (cause) {
    if (cause instanceof SystoleError) throw cause
    throw badOption(option, `the file ${path} is no text in UTF-8`, cause)
  }
}

/** The bytes of a secret: text, `base64:…`, or a `file:…` that holds either, or bytes that are no text. */
export function secretOf(option: string, text: string, read: ReadFile): Uint8Array {
  const bytes = secretIn(option, text, read)
  if (bytes.length < LEAST_SECRET)
    throw badOption(
      option,
      `the secret has ${bytes.length} bytes and needs at least ${LEAST_SECRET}: systole token --new-secret makes one`,
    )
  return bytes
}

function secretIn(option: string, text: string, read: ReadFile): Uint8Array {
  if (!text.startsWith('file:')) return decoded(option, text)
  const bytes = fileOf(option, text.slice('file:'.length), read)
  try {
    return decoded(option, decoder.decode(bytes).trim())
  } catch (error) {
    if (error instanceof SystoleError) throw error
    return bytes
  }
}

function decoded(option: string, text: string): Uint8Array {
  if (!text.startsWith('base64:')) return Buffer.from(text)
  const digits = text.slice('base64:'.length)
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(digits)) throw badOption(option, 'after base64: there is no base64')
  return Buffer.from(digits, 'base64')
}
