// Baseline for beats by HTTP: Hono on `Bun.serve` with one route that parses a body and answers as much JSON as Systole
// does, and knows nobody.

import { Hono } from 'hono'
import { control, portArgument } from './control.ts'

const VERSION = 2 ** 32 * 7_800

const app = new Hono()
app.get('/healthz', context => context.text('ok'))
app.post('/v1/beats', async context => {
  const { id } = await context.req.json()
  return context.json({ id, state: 'online', sinceLast: 1_000, version: VERSION })
})
Bun.serve({ hostname: '127.0.0.1', port: portArgument(), fetch: app.fetch })

control({})
