// A process that runs `serve` with a stub server: `serve-process.ts <how stop ends> [format]`. For tests of signals.

import { makeLog } from '../../src/cli/log.ts'
import { serve } from '../../src/cli/serve.ts'
import { settingsOf } from '../../src/server/options/make-settings.ts'
import { stubPresenceServer } from './stub-presence-server.ts'

const [how, format] = process.argv.slice(2)
const pretty = format === 'pretty'
const stops = {
  orderly: async () => {},
  failing: async () => {
    throw new Error('disk full')
  },
  hanging: () => new Promise<void>(() => {}),
}

// What listens keeps a process up; the stub does not.
setInterval(() => {}, 1_000)
await serve({
  version: '1.2.3',
  settings: settingsOf({}),
  log: await makeLog('info', pretty),
  pretty,
  start: async () => stubPresenceServer({ stop: stops[how as keyof typeof stops] }),
})
