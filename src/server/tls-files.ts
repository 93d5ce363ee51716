// Reads certificate and key, and finds out here, before anybody listens, what is wrong with them. What the files hold
// never stands in a message.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { SystoleError } from '../errors.ts'
import type { Pem } from '../transports/transport.ts'
import type { OptionNames } from './settings.ts'

/** The files that settings name. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

/** How their options were given. */
type TlsNames = Pick<OptionNames, 'tlsCert' | 'tlsKey'>

const FLAGS: TlsNames = { tlsCert: '--tls-cert', tlsKey: '--tls-key' }

/** Both files, found to fit. Rejects with `bad_option` naming the file. */
export async function readTls(files: TlsFiles, names: TlsNames = FLAGS): Promise<Pem> {
  const { tlsCert, tlsKey } = names
  const [cert, key] = await Promise.all([read(tlsCert, files.cert), read(tlsKey, files.key)])
  const certificate = attempt(
    () => new X509Certificate(cert),
    `${tlsCert} ${files.cert} holds no certificate: it must be PEM, beginning with -----BEGIN CERTIFICATE-----`,
  )
  const privateKey = readPrivateKey(key, tlsKey, files.key)
  if (!certificate.checkPrivateKey(privateKey))
    throw bad(`${tlsKey} ${files.key} is not the key of the certificate in ${tlsCert} ${files.cert}`)
  attempt(
    () => createSecureContext({ cert, key, minVersion: 'TLSv1.2' }),
    `${tlsCert} ${files.cert} cannot be used: the chain behind its first certificate is broken`,
  )
  return { cert, key }
}

function readPrivateKey(key: string, option: string, file: string): KeyObject {
  if (/^-----BEGIN ENCRYPTED|^Proc-Type: .*ENCRYPTED/m.test(key))
    throw bad(
      `${option} ${file} is locked by a passphrase: store the key without one, readable only for the server`,
    )
  return attempt(
    () => createPrivateKey(key),
    `${option} ${file} holds no private key: it must be PEM, beginning with -----BEGIN PRIVATE KEY-----`,
  )
}

async function read(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    const text = why === 'ENOENT' ? 'there is no such file' : `it cannot be read (${why})`
    throw bad(`${option} ${file}: ${text}; correct the path, or let the server read it`, cause)
  }
}

function attempt<T>(make: () => T, message: string): T {
  try {
    return make()
  } catch (cause) {
    throw bad(message, cause)
  }
}

function bad(message: string, cause?: unknown): SystoleError {
  return new SystoleError('bad_option', message, cause === undefined ? {} : { cause })
}
