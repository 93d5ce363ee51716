// Runs one server as a process: starts it, says so, stops it on a signal, lets it read its certificate again on another.
// Which adapters it is made of is the caller's choice; what follows a failure at start is main's.

import type { PresenceServer } from '../server/api.ts'
import type { Log } from '../server/log.ts'
import type { Settings } from '../server/settings.ts'
import { bannerOf, bannerText } from './banner.ts'

/** What it runs, and how it writes. */
export interface ServeOptions {
  readonly version: string
  readonly settings: Settings
  readonly log: Log
  /** The banner is printed for people; otherwise it is logged. */
  readonly pretty: boolean
  start(settings: Settings, log: Log): Promise<PresenceServer>
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** Out within 5 s, also when a disk does not answer. */
const PATIENCE = 4_500

/** Resolves when the server listens. The process ends itself after that: 0 when it stopped in order, 1 when not. */
export async function serve(options: ServeOptions): Promise<void> {
  const { settings, log } = options
  let server: PresenceServer | null = null
  let asked = false
  const stop = (signal: string) => {
    if (asked || server === null) process.exit(1)
    asked = true
    log.info({ signal }, 'stopping; a second signal ends at once')
    void end(server, log)
  }
  for (const signal of SIGNALS) process.on(signal, stop)
  // Without a certificate there is nothing to read again, and the signal says that the terminal is gone.
  process.on('SIGHUP', signal => {
    if (settings.tls === null) stop(signal)
    else if (server !== null) void reload(server, log)
  })
  server = await options.start(settings, log)
  announce(options, server)
}

function announce({ version, settings, log, pretty }: ServeOptions, server: PresenceServer): void {
  const lines = bannerOf(version, settings, server.addresses)
  if (pretty && settings.log.level !== 'silent') process.stdout.write(`\n${bannerText(lines)}\n`)
  else for (const { message, fields, warning } of lines) log[warning ? 'warn' : 'info'](fields, message)
}

async function reload(server: PresenceServer, log: Log): Promise<void> {
  try {
    await server.reload()
    log.info({}, 'certificate and key were read again: newcomers are shown this one')
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    log.error({ err: error }, `${text}; the certificate from before stays`)
  }
}

async function end(server: PresenceServer, log: Log): Promise<void> {
  setTimeout(() => {
    log.error({ patience: PATIENCE }, 'stopping took too long: ended with work undone')
    process.exit(1)
  }, PATIENCE).unref()
  try {
    await server.stop()
    log.info({}, 'stopped')
    process.exit(0)
  } catch (error) {
    log.error({ err: error }, 'stopping failed')
    process.exit(1)
  }
}
