// TLS as an operator meets it: what the server says it is, pages and sockets over it, a certificate that is replaced while
// it runs, and files that are wrong at the start or later.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Certificate, makeCertificate } from '../support/certificates.ts'
import { connect, RefusedUpgrade } from '../support/raw-socket.ts'
import { RUNTIMES, runServer, type SystoleProcess, startServer } from '../support/server-process.ts'
import { nameShown } from '../support/tls-peer.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(40_000)

let folder: string
let one: Certificate
let two: Certificate

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-'))
  ;[one, two] = await Promise.all([makeCertificate('one'), makeCertificate('two')])
})
afterAll(() => rm(folder, { recursive: true }))

/** Writes both files and says the options that name them. */
async function files(name: string, { cert, key }: Certificate): Promise<string[]> {
  const [certFile, keyFile] = [join(folder, `${name}.cert.pem`), join(folder, `${name}.key.pem`)]
  await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key)])
  return ['--tls-cert', certFile, '--tls-key', keyFile]
}

describe.each([...RUNTIMES])('TLS on %s', runtime => {
  let server: SystoleProcess

  beforeAll(async () => {
    server = await startServer({ runtime, args: await files(runtime, one), listen: { uid: 'uid' } })
  })
  afterAll(() => server?.kill())

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`https://127.0.0.1:${server.port('main')}${path}`, { headers, tls: { rejectUnauthorized: false } })

  /** Says SIGHUP and waits for the line that answers it. */
  async function reload(): Promise<string> {
    const from = server.lines.length
    server.signal('SIGHUP')
    const said = () => server.lines.slice(from).find(({ msg }) => /certificate/.test(msg))
    return (await waitFor('the answer to SIGHUP', said)).msg
  }

  test('the banner says wss and https, and which certificate', () => {
    const texts = server.lines.map(({ msg }) => msg).join('\n')
    expect(texts).toContain(`wss://127.0.0.1:${server.port('main')} speaks auto`)
    expect(texts).toContain(`wss://127.0.0.1:${server.port('uid')} speaks uid`)
    expect(texts).toContain(`https://127.0.0.1:${server.port('main')}/ shows who is online`)
    expect(texts).toContain(`${runtime}.cert.pem; SIGHUP reads it again`)
    expect(texts).not.toContain('key.pem')
  })

  test('pages, streams and sockets of every listener go over it', async () => {
    const link = await connect(server.port('uid'), { tls: true })
    link.sendText('20')
    link.sendText('20')
    expect((await link.next()).text).toBe('20')
    const found = (await (await get('/v1/members/20')).json()) as { member: { state: string } }
    expect(found.member.state).toBe('online')
    const stream = await get('/?transport=sse')
    expect(stream.headers.get('content-type')).toBe('text/event-stream')
    await stream.body?.cancel()
    link.destroy()
  })

  test('SIGHUP: newcomers are shown the new certificate, connections live on', async () => {
    const link = await connect(server.port('uid'), { tls: true })
    await files(runtime, two)
    expect(await reload()).toContain('were read again')
    expect([await nameShown(server.port('main')), await nameShown(server.port('uid'))]).toEqual([
      'two',
      'two',
    ])
    link.sendText('21')
    link.sendText('21')
    expect((await link.next()).text).toBe('21')
    // what is told reaches those from before as well
    const push = await get('/v1/members/21')
    expect(push.status).toBe(200)
    expect(server.exit).toBeNull()
    link.destroy()
  })

  test('SIGHUP over files that are wrong: it is said which, and the old certificate stays', async () => {
    const shown = await nameShown(server.port('main'))
    await files(runtime, { cert: one.cert, key: two.key })
    expect(await reload()).toMatch(
      /--tls-key .* is not the key of the certificate .*; the certificate from before stays$/,
    )
    await files(runtime, { cert: 'rubbish', key: one.key })
    expect(await reload()).toMatch(/--tls-cert .* holds no certificate/)
    await rm(join(folder, `${runtime}.key.pem`))
    expect(await reload()).toMatch(/--tls-key .*: there is no such file/)
    expect(await nameShown(server.port('main'))).toBe(shown)
    await files(runtime, one)
    expect(await reload()).toContain('were read again')
    expect(await nameShown(server.port('main'))).toBe('one')
  })

  test('at the start it is an error of one line that names the file, and the exit code is 2', async () => {
    const start = (args: string[]) => runServer({ runtime, args })
    const missing = ['--tls-cert', join(folder, 'none.pem'), '--tls-key', join(folder, 'none.pem')]
    const mismatch = await files('mismatch', { cert: one.cert, key: two.key })
    const [none, other, half] = await Promise.all([
      start(missing),
      start(mismatch),
      start(['--tls-cert', join(folder, 'none.pem')]),
    ])
    expect([none.code, other.code, half.code]).toEqual([2, 2, 2])
    expect(none.stderr).toBe(
      `systole: --tls-cert ${missing[1]}: there is no such file; correct the path, or let the server read it\n`,
    )
    expect(other.stderr).toBe(
      `systole: --tls-key ${mismatch[3]} is not the key of the certificate in --tls-cert ${mismatch[1]}\n`,
    )
    expect(half.stderr).toContain('--tls-key')
  })
})

test('a page of this very host comes in by https, not by plain http', async () => {
  const args = [...(await files('open', one)), '--open']
  const server = await startServer({ runtime: 'bun', args })
  const from = async (origin: string) => {
    const headers = { Host: `example.org:${server.port('main')}`, Origin: `${origin}:${server.port('main')}` }
    const link = await connect(server.port('main'), { tls: true, headers }).catch(error => error)
    if (link instanceof RefusedUpgrade) return link.status
    link.destroy()
    return 101
  }
  expect([await from('https://example.org'), await from('http://example.org')]).toEqual([101, 403])
  await server.kill()
})
