import { afterAll, beforeAll, expect, test } from 'bun:test'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Certificate, makeCertificate } from '../../test/support/certificates.ts'
import { SystoleError } from '../errors.ts'
import { readTls, type TlsFiles } from './tls-files.ts'

let folder: string
let one: Certificate
let two: Certificate

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-files-'))
  ;[one, two] = await Promise.all([makeCertificate('one'), makeCertificate('two')])
})
afterAll(() => rm(folder, { recursive: true }))

let files = 0

async function file(text: string): Promise<string> {
  const path = join(folder, `${files++}.pem`)
  await writeFile(path, text)
  return path
}

/** What is said against two files of these texts, with their paths as `CERT` and `KEY`. */
async function complaint(cert: string, key: string): Promise<string> {
  const paths = { cert: await file(cert), key: await file(key) }
  return complaintAbout(paths)
}

async function complaintAbout(paths: { cert: string; key: string }): Promise<string> {
  const error = await readTls(paths).catch(error => error)
  expect(error).toBeInstanceOf(SystoleError)
  expect(error.code).toBe('bad_option')
  return error.message.replaceAll(paths.cert, 'CERT').replaceAll(paths.key, 'KEY')
}

test('two files that fit, also with a chain behind the certificate', async () => {
  expect(await readTls({ cert: await file(one.cert), key: await file(one.key) })).toEqual(one)
  const chain = `${one.cert}${two.cert}`
  expect(await readTls({ cert: await file(chain), key: await file(one.key) })).toEqual({
    cert: chain,
    key: one.key,
  })
})

test('what is wrong is said of the file it is wrong with', async () => {
  const broken = one.cert.replace('\nMII', '\n!!!')
  const locked = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n'
  const said = await Promise.all([
    complaint(one.cert, two.key),
    complaint('', one.key),
    complaint(one.key, one.key),
    complaint(broken, one.key),
    complaint(one.cert, ''),
    complaint(one.cert, one.cert),
    complaint(one.cert, locked),
    complaint(`${one.cert}${broken}`, one.key),
  ])
  const noCertificate =
    '--tls-cert CERT holds no certificate: it must be PEM, beginning with -----BEGIN CERTIFICATE-----'
  const noKey =
    '--tls-key KEY holds no private key: it must be PEM, beginning with -----BEGIN PRIVATE KEY-----'
  expect(said).toEqual([
    '--tls-key KEY is not the key of the certificate in --tls-cert CERT',
    noCertificate,
    noCertificate,
    noCertificate,
    noKey,
    noKey,
    '--tls-key KEY is locked by a passphrase: store the key without one, readable only for the server',
    '--tls-cert CERT cannot be used: the chain behind its first certificate is broken',
  ])
})

test('a file that is not there, is a folder, or may not be read', async () => {
  const [cert, key] = [await file(one.cert), await file(one.key)]
  expect(await complaintAbout({ cert: join(folder, 'none.pem'), key })).toBe(
    '--tls-cert CERT: there is no such file; correct the path, or let the server read it',
  )
  expect(await complaintAbout({ cert, key: folder })).toContain('--tls-key KEY: it cannot be read (EISDIR)')
  if (process.getuid?.() === 0) return
  await chmod(key, 0)
  expect(await complaintAbout({ cert, key })).toContain('--tls-key KEY: it cannot be read (EACCES)')
})

test('no message holds anything of a key', async () => {
  const lines = one.key.split('\n').filter(line => line !== '' && !line.startsWith('--'))
  const said = [
    await complaint(one.key, one.key),
    await complaint(two.cert, one.key),
    await complaint('', one.key),
  ]
  for (const line of lines) expect(said.join()).not.toContain(line)
})

test('a file is told by the name its option was given by', async () => {
  const names = { tlsCert: 'SYSTOLE_TLS_CERT', tlsKey: 'tls.key in systole.config.json' }
  const cert = await file(one.cert)
  const complaint = (files: TlsFiles) => readTls(files, names).catch(error => (error as Error).message)
  expect(await complaint({ cert: 'nowhere', key: await file(one.key) })).toStartWith(
    'SYSTOLE_TLS_CERT nowhere: there is no such file',
  )
  expect(await complaint({ cert, key: cert })).toStartWith(
    `tls.key in systole.config.json ${cert} holds no private key`,
  )
})
