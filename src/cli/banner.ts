// What a server says of itself when it starts: where it is, how soon it notices, what it keeps, whom it protects.
// Plain lines; colour, log format and the stream are the caller's choice.

import type { ListenerAddress } from '../server/api.ts'
import type { Settings } from '../server/settings.ts'

/** Said as a log line or printed. */
export interface BannerLine {
  readonly message: string
  readonly fields: object
  readonly warning?: true
}

/** The banner, first line first. */
export function bannerOf(
  version: string,
  settings: Settings,
  addresses: readonly ListenerAddress[],
): BannerLine[] {
  return [
    { message: `Systole ${version}`, fields: { version } },
    ...addresses.flatMap((address, index) => listening(address, index === 0)),
    { message: kept(settings), fields: { data: settings.data } },
    {
      message: 'open mode protects nobody from anybody: ids are claims, and whoever connects may use any',
      fields: { mode: 'open' },
      warning: true,
    },
    ...(settings.open ? [REACHABLE] : []),
    ...(settings.origins.includes('null') ? [FROM_FILES] : []),
  ]
}

/** The same as text for a terminal. */
export function bannerText(lines: readonly BannerLine[]): string {
  return lines.map(({ message, warning }) => `  ${warning ? '! ' : ''}${message}\n`).join('')
}

const REACHABLE: BannerLine = {
  message: 'other machines are served too (--open): keep this port away from the internet',
  fields: { open: true },
  warning: true,
}

const FROM_FILES: BannerLine = {
  message:
    'pages opened from a file are let in (Origin: null): so is every sandboxed frame of every site this browser visits',
  fields: { origin: 'null' },
  warning: true,
}

function listening(address: ListenerAddress, main: boolean): BannerLine[] {
  const { host, port, dialect, bound } = address
  const place = `${reachable(host)}:${port}`
  const url = `ws://${place}`
  const line = { message: `${url} speaks ${dialect}: ${bound}`, fields: { host, port, dialect, url, bound } }
  if (!main) return [line]
  const pages = `http://${place}/`
  return [
    line,
    { message: `${pages} shows who is online; try ${pages}demo/user?user_id=7`, fields: { pages } },
  ]
}

function kept({ data, durability }: Settings): string {
  if (data === false) return 'nothing is kept over a restart (--data off)'
  const cost =
    durability === 'full' ? 'a power cut loses nothing told' : 'a power cut may cost the last moments'
  return `data is kept in ${data}; ${cost}`
}

// What stands for every address is none that a browser could open.
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
