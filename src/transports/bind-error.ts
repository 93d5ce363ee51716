// Turns what a system says when it refuses an address into the house's error. It guesses nothing beyond the code.
import { SystoleError } from '../errors.ts'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission for this port; choose one above 1023 with --port',
  EADDRNOTAVAIL: 'this machine has no such address; choose another with --host',
  ENOTFOUND: 'the name is not known; choose another address with --host',
}

export function bindError(error: unknown, host: string, port: number): SystoleError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  if (code === 'EADDRINUSE') {
    return new SystoleError(
      'port_taken',
      `${where} is taken by another program; stop it, or choose another port with --port or --listen`,
      {
        cause: error,
      },
    )
  }
  const why =
    REASONS[code] ?? `${error instanceof Error ? error.message : error}; check --host, --port and --listen`
  return new SystoleError('bind_refused', `cannot listen on ${where}: ${why}`, { cause: error })
}
