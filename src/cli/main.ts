#!/usr/bin/env node
// The command line: which commands there are, which flags they take, and which exit code follows what. Everything
// heavy is loaded by the command that needs it, so that a start costs only what it uses.
// Exit codes: 0 done; 1 it broke; 2 asked for something that cannot be (option, config, port).

import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { SystoleError } from '../errors.ts'
import { CLIENT_ENV } from './client-env.ts'
import type { KeyOptions } from './key.ts'
import type { SendOptions } from './send.ts'
import type { TokenOptions } from './token.ts'
import type { WatchOptions } from './watch.ts'
import type { WhoOptions } from './who.ts'

/** Commands that ask a running server. */
const CLIENTS: readonly string[] = ['who', 'watch', 'send']
/** Commands that need no flags of `serve` either. */
const OTHERS: readonly string[] = ['token', 'key']
const URL_OPTION = ['--url <url>', 'the server to ask', 'http://127.0.0.1:9502'] as const
const MISUSE: readonly string[] = ['bad_option', 'bad_config', 'port_taken', 'bind_refused']

const packageJson = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
const { version } = JSON.parse(packageJson) as { version: string }

/** Runs one command line; `words` as typed after the program's name. */
async function main(words: readonly string[]): Promise<void> {
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  const command = [...CLIENTS, ...OTHERS].find(name => name === words[0])
  const program = await makeProgram(command !== undefined)
  try {
    await checkCommand(words[0] ?? 'serve', program)
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) fail(error)
    if (error.exitCode !== 0) fail(await misuse(error, command ?? 'serve', program))
  }
}

/** `brief`: the flags of `serve` are not needed. */
async function makeProgram(brief: boolean): Promise<Command> {
  const program = new Command('systole')
    .description('Who is online right now, since when, and how do you know? A self-hosted presence server.')
    .version(version, '-V, --version')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  const serve = program
    .command('serve', { isDefault: true })
    .description('run a server (the default command)')
  if (!brief) await addServeOptions(serve)
  serve.action(() => runServe(serve))
  addWho(program)
  addWatch(program)
  addSend(program)
  addToken(program)
  addKey(program)
  return program
}

async function checkCommand(word: string, program: Command): Promise<void> {
  const commands = [...program.commands.map(command => command.name()), 'help']
  if (word.startsWith('-') || commands.includes(word)) return
  const { unknown } = await import('./config.ts')
  throw unknown('command', word, commands)
}

async function addServeOptions(serve: Command): Promise<void> {
  const { optionRows } = await import('../server/options/option-table.ts')
  serve.option(
    '--config <file>',
    'config file, .ts or .json (default: systole.config.ts or .json in this folder)',
  )
  for (const { flag, meta, fallback, key } of optionRows) {
    const option = new Option(`${flag} ${meta.value || '[on|off]'}`, `${meta.about} (default: ${fallback})`)
    option.attributeName = () => key
    if (meta.many !== undefined)
      option.argParser<string[]>((value, before) => [...(Array.isArray(before) ? before : []), value])
    else
      option.argParser<string>((value, before) => {
        if (before === undefined) return value
        throw new SystoleError('bad_option', `${flag} is given twice: leave one out`)
      })
    serve.addOption(option)
  }
}

async function runServe(command: Command): Promise<void> {
  const { config, ...flags } = command.opts<{ config?: string }>()
  const [{ gatherSettings }, { isPretty, makeLog }, { serve }] = await Promise.all([
    import('./config.ts'),
    import('./log.ts'),
    import('./serve.ts'),
  ])
  const settings = await gatherSettings({
    flags: new Map(Object.entries(flags)),
    file: config,
    env: process.env,
    folder: process.cwd(),
  })
  const pretty = isPretty(settings.log.format, process.stdout.isTTY === true)
  const [log, { startSystole }] = await Promise.all([
    makeLog(settings.log.level, pretty),
    import('../index.ts'),
  ])
  await serve({ version, settings, log, pretty, start: startSystole })
}

function addWho(program: Command): void {
  program
    .command('who')
    .description('list the members a running server knows')
    .option('--state <state>', 'only those who are online, away, suspect or offline')
    .option('--json', 'one JSON object a line, as the API gives it')
    .option('--watch', 'redraw every second until Ctrl-C')
    .option(...URL_OPTION)
    .addOption(keyOption())
    .action(async (options: WhoOptions) => {
      const { who } = await import('./who.ts')
      await who(options)
    })
}

function addWatch(program: Command): void {
  program
    .command('watch')
    .description('show who is there, then every change, until Ctrl-C; comes back by itself after a break')
    .argument('[ids...]', 'only these members, also when they are offline')
    .option('--group <group>', 'only the members of a group, also those who are offline')
    .option('--all', 'everybody who is there (this is meant when nothing is named)')
    .option('--suspect', 'also tell when somebody falls silent and may be gone')
    .option('--json', 'one JSON object a line')
    .option(...URL_OPTION)
    .addOption(
      new Option('--token <token>', 'token to show, where the server asks for one').env(CLIENT_ENV.token),
    )
    .addHelpText('after', WATCH_HELP)
    .action(async (ids: string[], options: WatchOptions) => {
      const { watch } = await import('./watch.ts')
      await watch(ids, options)
    })
}

const WATCH_HELP = `
Lines of --json by their "kind": "snapshot" (a member of the list), "listed" (the list is whole), "diff" (a member that
changed; "gone": no longer in the list), "lost" (the connection), "resumed" (nothing was missed), "reset" (a new list
follows). Colour is only used in a terminal; NO_COLOR=1 turns it off.`

function addSend(program: Command): void {
  program
    .command('send')
    .description('send a message to those who are connected now; nothing is kept for the others')
    .argument('<message>', 'text; or a JSON object or list, which is sent as such')
    .option('--to <id...>', 'to these members')
    .option('--group <group>', 'to the members of a group')
    .option('--type <type>', 'to the members of a type')
    .option('--all', 'to every member')
    .option('--ack <duration>', 'wait for acknowledgements, at most 5s')
    .option('--text', 'send text, also where it is JSON')
    .option(...URL_OPTION)
    .addOption(keyOption())
    .addHelpText('after', SEND_HELP)
    .action(async (message: string, options: SendOptions) => {
      const { send } = await import('./send.ts')
      if (!(await send(message, options))) process.exitCode = 1
    })
}

const SEND_HELP = `
Prints whom it reached: open connections, and members that are suspect, offline or unknown. The exit code is 1 when no
connection was reached.`

function addToken(program: Command): void {
  program
    .command('token')
    .description('print a token for development, signed with the secret of the server')
    .argument('[member]', 'the id of the member it is for')
    .option('--name <name>', 'its name')
    .option('--type <type>', 'its type')
    .option('--group <id...>', 'groups it is put into')
    .option('--watch <id...>', 'whom it may watch: all, none, or members (default: as --auth-rights says)')
    .option('--ask <id...>', 'whom it may ask about, likewise')
    .option('--push <id...>', 'whom it may push to: all, none, or members (default: none)')
    .option('--expires <duration>', 'how long it is good, or off', '1h')
    .option('--observer', 'for a connection without a member that watches everybody')
    .option('--auth-secret <secret>', 'the secret (default: SYSTOLE_AUTH_SECRET, or the config file)')
    .option('--config <file>', 'config file of the server')
    .option('--new-secret', 'print a fresh secret instead')
    .addHelpText('after', TOKEN_HELP)
    .action(async (member: string | undefined, options: TokenOptions) => {
      const { token } = await import('./token.ts')
      await token(member, options)
    })
}

const TOKEN_HELP = `
  export SYSTOLE_AUTH_SECRET=$(systole token --new-secret)
  systole serve &
  systole token 7 --name Ana --group room

A backend mints its own tokens by any JWT library: HS256, sub is the member.`

function addKey(program: Command): void {
  program
    .command('key')
    .description('print a fresh key for the HTTP API, and the option that lets a server know it')
    .argument('<name>', 'what the key is called, such as backend')
    .option('--scopes <scopes>', 'what it may do: read, push, beat, admin, joined by +', 'read+push')
    .action(async (name: string, options: KeyOptions) => {
      const { key } = await import('./key.ts')
      key(name, options)
    })
}

function keyOption(): Option {
  return new Option('--key <key>', 'key of the API to show, where the server asks for one').env(
    CLIENT_ENV.key,
  )
}

/** What commander refused, on one line that names the nearest known flag. */
async function misuse(error: CommanderError, command: string, program: Command): Promise<SystoleError> {
  if (error.code === 'commander.unknownOption') {
    const { unknown } = await import('./config.ts')
    const options = program.commands.find(each => each.name() === command)?.options ?? []
    const name = /'([^']+)'/.exec(error.message)?.[1] ?? ''
    return unknown('option', name, [...options.map(option => option.long ?? ''), '--help', '--version'])
  }
  const text = error.message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '')
  return new SystoleError('bad_option', `${text}; see systole ${command} --help`)
}

function fail(error: unknown): never {
  const known = error instanceof SystoleError
  const text = error instanceof Error ? error.message : String(error)
  const lines = known ? text.split('\n') : [`unexpected error: ${text.replace(/\s*\n\s*/g, ' ')}`]
  process.stderr.write(lines.map(line => `systole: ${line}\n`).join(''))
  process.exit(known && MISUSE.includes(error.code) ? 2 : 1)
}

await main(process.argv.slice(2))
