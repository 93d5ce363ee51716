// A device: is present, sends what it measures, and says goodbye when it is stopped. Node 22 or later, or Bun:
// `npx node examples/device/main.ts ws://127.0.0.1:9502/ --id sensor-1`.

import { parseArgs } from 'node:util'
// In your project: from 'systole/client'.
import { createClient, Undelivered } from '../../src/client/index.ts'

interface Payloads {
  readonly profile: { readonly unit: string }
  readonly up: { readonly temperature: number }
  readonly down: unknown
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { id: { type: 'string', default: 'sensor-1' }, every: { type: 'string', default: '10' } },
})
const url = positionals[0] ?? 'ws://127.0.0.1:9502/'

const device = createClient<Payloads>({
  url,
  member: values.id,
  type: 'sensor',
  profile: { unit: '°C' },
  timing: 'device',
  // nobody sits at a sensor
  idleAfter: false,
})

device.on('state', ({ from, to, reason, code, retryIn }) => {
  const why = code === 0 ? reason : `${reason}, code ${code}`
  const next = retryIn === null ? '' : `; next try in ${(retryIn / 1000).toFixed(1)} s`
  console.log(`${from} -> ${to} (${why})${next}`)
  if (to === 'closed') end(reason === 'leave' ? 0 : 1)
})
device.on('message', data => console.log('told', JSON.stringify(data)))
device.on('problem', ({ code, message }) => console.error(`problem ${code}: ${message}`))

async function measure(): Promise<void> {
  const temperature = Math.round(200 + Math.random() * 50) / 10
  try {
    await device.deliver({ temperature })
    console.log(`delivered ${temperature} °C`)
  } catch (error) {
    if (!(error instanceof Undelivered)) throw error
    console.error(`not delivered (${error.code}): ${error.message}`)
  }
}

/** Lets go of everything, so that the process ends. */
function end(code: number): void {
  clearInterval(timer)
  device.destroy()
  process.exitCode = code
}

const timer = setInterval(measure, Number(values.every) * 1000)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => device.leave())
