// The programs of examples/, on Node and on Bun. The device: present, delivers, is told, and says goodbye when it is
// stopped. The backend: knows who is here, also after it was away.

import { afterEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ExampleProcess } from '../support/example-process.ts'
import { call, HOST_PROGRAM } from '../support/host-call.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { waitFor } from '../support/wait.ts'

let server: SystoleProcess
let device: ExampleProcess

afterEach(async () => {
  await Promise.all([device?.kill(), server?.kill()])
})

test.each(RUNTIMES)('the device on %s', async runtime => {
  server = await startServer({ runtime: 'bun', program: HOST_PROGRAM })
  const url = `ws://127.0.0.1:${server.port('main')}/`
  device = new ExampleProcess(runtime, 'device/main.ts', [url, '--id', 'sensor-7', '--every', '0.3'])
  await device.says(/connecting -> online \(welcome\)/)
  const taken = Number(await device.says(/^delivered ([\d.]+) °C$/m))
  expect(server.lines.find(({ from }) => from === 'sensor-7')?.message).toEqual({ temperature: taken })
  expect(await server.api.is('sensor-7', 'online')).toMatchObject({ type: 'sensor' })
  expect(await call(server, 'pushToMember', 'sensor-7', { interval: 5 })).toMatchObject({ reached: 1 })
  await device.says(/^told \{"interval":5\}$/m)
  expect(await device.stop()).toBe(0)
  expect(device.said).toMatch(/online -> closed \(leave/)
  expect(await server.api.is('sensor-7', 'offline')).toMatchObject({ reason: 'left' })
})

test('where nobody takes messages, the device says so and goes on; without a server it waits', async () => {
  server = await startServer({ runtime: 'bun' })
  const url = `ws://127.0.0.1:${server.port('main')}/`
  device = new ExampleProcess('node', 'device/main.ts', [url, '--every', '0.3'])
  await device.says(/^not delivered \(not_taken\)/m)
  await server.kill()
  await device.says(/-> waiting \(lost, code 1006\); next try in [\d.]+ s/)
  await waitFor('another try', () => device.said.split('-> connecting').length > 2)
  expect(await device.stop()).toBe(0)
})

test.each(RUNTIMES)('the backend on %s knows who came and went while it was away', async runtime => {
  const folder = mkdtempSync(join(tmpdir(), 'systole-example-'))
  server = await startServer({ runtime: 'bun' })
  const base = `http://127.0.0.1:${server.port('main')}/`
  const beat = (id: string) =>
    fetch(`${base}v1/beats`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id }),
    })
  await beat('early')
  const words = [base, '--cursor', join(folder, 'cursor.json')]
  device = new ExampleProcess(runtime, 'backend/main.ts', words)
  await device.says(/^snapshot: 1 are here$/m)
  await beat('b')
  await device.says(/^join b; 2 are here$/m)
  expect(await device.stop()).toBe(0)
  await beat('c')
  await fetch(`${base}v1/beats/b`, { method: 'DELETE' })
  device = new ExampleProcess(runtime, 'backend/main.ts', words)
  await device.says(/^join c; 3 are here\nleave b \(left\); 2 are here$/m)
  expect(device.said).not.toContain('snapshot')
  expect(await device.stop()).toBe(0)
  rmSync(folder, { recursive: true })
})
