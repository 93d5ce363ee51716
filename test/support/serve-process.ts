// A process that runs `serve` with a stub server: `serve-process.ts <how stop ends> [format] [how a reload ends]`. For
// tests of signals. With the third word it has a certificate.

import { makeLog } from '../../src/cli/log.ts'
import { serve } from '../../src/cli/serve.ts'
import { SystoleError } from '../../src/errors.ts'
import { settingsOf } from '../../src/server/options/make-settings.ts'
import { stubPresenceServer } from './stub-presence-server.ts'

const [how, format, reload] = process.argv.slice(2)
const pretty = format === 'pretty'
const stops = {
  orderly: async () => {},
  failing: async () => {
    throw new Error('disk full')
  },
  hanging: () => new Promise<void>(() => {}),
}

const reloads = {
  good: async () => {},
  bad: async () => {
    throw new SystoleError('bad_option', '--tls-key key.pem holds no private key')
  },
}

// What listens keeps a process up; the stub does not.
setInterval(() => {}, 1_000)
await serve({
  version: '1.2.3',
  settings: settingsOf(reload === undefined ? {} : { tls: { cert: 'cert.pem', key: 'key.pem' } }),
  log: await makeLog('info', pretty),
  pretty,
  start: async () =>
    stubPresenceServer({
      stop: stops[how as keyof typeof stops],
      reload: reloads[reload as keyof typeof reloads],
    }),
})
