// `npm run conformance -- ws://host:port`: tries what PROTOCOL.md demands of a server, on any server. Prints a table;
// the exit code is the verdict: 0 all passed, 1 something failed, 2 misuse or nobody there.

import { parseArgs } from 'node:util'
import { connect, type RawSocket, RefusedUpgrade } from '../support/raw-socket.ts'
import { CASES } from './cases.ts'
import { NOT_OBSERVABLE } from './not-observable.ts'
import { jsonOf, sumOf, tableOf } from './report.ts'
import { runAll } from './runner.ts'
import { doorOf, Stage, SUBPROTOCOL, type Target } from './stage.ts'

const HELP = `npm run conformance -- ws://host:port[/path] [options]
  --only WORD     only what has this number or chapter (W7, W) or this word in its title; may be given more than once
  --token TOKEN   where the server asks for tokens: one of a member that may watch everybody; then only what is
                  demanded of tokens is tried, since all else takes many members
  --narrow, --other, --short, --blind TOKEN
                  further tokens: of the same member, which may watch only itself; of another member; one that ends
                  within 20 s; one that may watch nobody
  --patience MS   how long an answer may take, 5000 unless said
  --json          JSON instead of a table
Ends with 0 when nothing failed, 1 when something did, 2 when nothing could be tried.`

const OF_TOKENS = 'tokens:'
const WORTHS = ['narrow', 'other', 'short', 'blind'] as const

interface Request {
  readonly target: Target
  readonly only: readonly string[]
  readonly json: boolean
}

async function main(): Promise<number> {
  const request = parse()
  if (request === null) return 2
  const { target, only, json } = request
  const cases = CASES.filter(
    ({ musts, title }) =>
      (target.token === null || title.startsWith(OF_TOKENS)) && isWanted(only, musts, title),
  )
  const untried = NOT_OBSERVABLE.filter(({ must }) => isWanted(only, [must], ''))
  if (cases.length === 0) return misuse(`no case fits ${only.join(' ')}`)
  const unreachable = await knock(target)
  if (unreachable !== null) return misuse(unreachable)
  const began = performance.now()
  const results = await runAll(cases, target, ({ outcome }) => {
    if (process.stderr.isTTY) process.stderr.write(outcome === 'fail' ? 'F' : '.')
  })
  const ms = Math.round(performance.now() - began)
  console.log(
    json ? jsonOf(results, untried, ms) : `${tableOf(results, untried)}\n\n${sumOf(results, untried, ms)}`,
  )
  return results.some(({ outcome }) => outcome === 'fail') ? 1 : 0
}

function parse(): Request | null {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        only: { type: 'string', multiple: true, default: [] },
        token: { type: 'string' },
        narrow: { type: 'string' },
        other: { type: 'string' },
        short: { type: 'string' },
        blind: { type: 'string' },
        patience: { type: 'string', default: '5000' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const patience = Number(values.patience)
    const url = URL.parse(positionals[0] ?? '')
    if (values.help || positionals.length !== 1) return complain(HELP)
    if (url?.protocol !== 'ws:')
      return complain(`${positionals[0]} is no address such as ws://127.0.0.1:9502`)
    if (!Number.isInteger(patience) || patience < 1) return complain('--patience takes milliseconds')
    const target: Target = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port || 80),
      path: url.pathname + url.search,
      token: values.token ?? null,
      tokens: Object.fromEntries(
        WORTHS.flatMap(worth => (values[worth] === undefined ? [] : [[worth, values[worth]]])),
      ),
      patience,
    }
    return { target, only: values.only, json: values.json }
  } catch (error) {
    return complain(`${(error as Error).message}\n\n${HELP}`)
  }
}

function isWanted(only: readonly string[], musts: readonly string[], title: string): boolean {
  if (only.length === 0) return true
  return only.some(
    word =>
      musts.some(must => must === word || must.replace(/\d+$/, '') === word) ||
      (word.length > 2 && title.includes(word)),
  )
}

/** Why nothing can be tried there; `null` when a connection is accepted. */
async function knock(target: Target): Promise<string | null> {
  const { host, port } = target
  try {
    const socket = await connect(port, doorOf(target))
    if (socket.protocol !== SUBPROTOCOL) return `${host}:${port} does not speak ${SUBPROTOCOL}`
    const useless = target.token !== null && (await isTokenOff(socket, target))
    socket.destroy()
    return useless ? `${host}:${port} asks nobody for a token: leave --token out` : null
  } catch (error) {
    const { message } = error as Error
    return `${host}:${port} ${error instanceof RefusedUpgrade ? 'takes no WebSocket' : 'is not reachable'}: ${message}`
  }
}

async function isTokenOff(socket: RawSocket, target: Target): Promise<boolean> {
  socket.sendText(JSON.stringify(new Stage(target).hello()))
  const frame = await socket.nextOf('text', target.patience).catch(() => null)
  return frame?.text.includes('"auth_off"') === true
}

function complain(text: string): null {
  console.error(text)
  return null
}

function misuse(text: string): number {
  console.error(text)
  return 2
}

process.exit(await main())
