// Who is let in, and what a start says that cannot be: hosts and origins at the door, ports and options at the start.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../support/raw-socket.ts'
import { RUNTIMES, runServer, type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

setDefaultTimeout(30_000)

const STRANGE = [
  { headers: { Host: 'evil.example' }, option: '--open' },
  { headers: { Host: '127.0.0.1.evil.example' }, option: '--open' },
  { headers: { Host: '192.168.0.7:9502' }, option: '--open' },
  { headers: { Origin: 'https://evil.example' }, option: '--origin' },
  { headers: { Origin: 'http://localhost.evil.example' }, option: '--origin' },
  { headers: { Origin: 'null' }, option: '--origin' },
] as const

/** A bare GET with these headers; platform fetches do not let a Host or an Origin be chosen. */
async function status(port: number, headers: Record<string, string>): Promise<number> {
  const plain = { Upgrade: null, Connection: 'close', ...headers }
  return connect(port, { path: '/v1/members', headers: plain }).then(
    () => 101,
    error => error.status,
  )
}

describe.each([...RUNTIMES])('the door on %s', runtime => {
  let server: SystoleProcess
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'systole-entry-'))
    server = await startServer({ runtime, listen: { uid: 'uid' } })
  })
  afterAll(async () => {
    await server.kill()
    rmSync(folder, { recursive: true })
  })

  test('strange hosts and origins get a 403, on an upgrade and on a request, and a log line with the option', async () => {
    for (const { headers, option } of STRANGE) {
      for (const port of [server.port('main'), server.port('uid')]) {
        const upgrade = connect(port, { headers })
        await expect(upgrade).rejects.toMatchObject({ status: 403, body: expect.stringContaining(option) })
        expect(await status(port, headers)).toBe(403)
      }
    }
    const said = server.lines.filter(line => line.count === 'refused').map(line => line.msg)
    expect(said.length).toBeGreaterThanOrEqual(1)
    expect(said.every(message => /--(open|origin)/.test(message))).toBe(true)
    expect(await server.api.count('refused')).toBe(STRANGE.length * 4)
  })

  test('this machine under its names is let in', async () => {
    for (const headers of [
      { Host: 'localhost:1' },
      { Host: '[::1]:9502' },
      { Origin: 'http://localhost:3000' },
      { Origin: 'http://127.0.0.1' },
    ]) {
      const link = await connect(server.port('main'), { headers })
      link.destroy()
      expect(await status(server.port('main'), headers as Record<string, string>)).toBe(200)
    }
  })

  test('--origin null lets pages opened from a file in, and says so', async () => {
    const open = await startServer({ runtime, args: ['--origin', 'null', '--origin', 'https://ok.example'] })
    try {
      for (const origin of ['null', 'https://ok.example'])
        (await connect(open.port('main'), { headers: { Origin: origin } })).destroy()
      await waitFor('the warning', () => open.lines.some(line => line.level === 40 && /file/.test(line.msg)))
    } finally {
      await open.kill()
    }
  })

  test('a start that cannot be says one line and ends with 2', async () => {
    const config = join(folder, 'systole.config.json')
    writeFileSync(config, '{"port": "much"}')
    const broken = join(folder, 'broken.json')
    writeFileSync(broken, '{"port": ')
    const cases = [
      { options: { port: server.port('main') }, says: String(server.port('main')) },
      { options: { args: ['--prot', '1'] }, says: '--port' },
      { options: { args: ['--max-message', 'much'] }, says: '--max-message' },
      { options: { args: ['--listen', '0=pigeon'] }, says: 'pigeon' },
      { options: { host: '0.0.0.0' }, says: '--open' },
      { options: { port: null, args: ['--config', config] }, says: 'port in' },
      { options: { args: ['--config', broken] }, says: 'broken.json' },
      { options: { args: ['--config', join(folder, 'absent.json')] }, says: 'absent.json' },
    ]
    for (const { options, says } of cases) {
      const end = await runServer({ runtime, ...options })
      expect({ says, code: end.code, lines: end.stderr.trim().split('\n').length }).toEqual({
        says,
        code: 2,
        lines: 1,
      })
      expect(end.stderr).toContain(says)
    }
  })
})

// The ports of the published pages are fixed: an address of this machine of its own keeps them free.
const OWN = `127.${1 + (process.pid & 127)}.${1 + ((process.pid >> 7) & 127)}.1`

describe.each([...RUNTIMES])('--published on %s', runtime => {
  test('opens 8282 and 8000 and lets pages opened from a file in', async () => {
    const server = await startServer({ runtime, host: OWN, args: ['--published'] })
    try {
      const ports = [...server.ports.values()]
      expect(ports.slice(1)).toEqual([8282, 8000])
      for (const port of ports) (await connect(port, { host: OWN, headers: { Origin: 'null' } })).destroy()
    } finally {
      await server.kill()
    }
  })
})
