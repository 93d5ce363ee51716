#!/usr/bin/env node
// The command line: which commands there are, which flags they take, and which exit code follows what. Everything
// heavy is loaded by the command that needs it, so that a start costs only what it uses.
// Exit codes: 0 done; 1 it broke; 2 asked for something that cannot be (option, config, port).

import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { SystoleError } from '../errors.ts'

const MISUSE: readonly string[] = ['bad_option', 'bad_config', 'port_taken', 'bind_refused']

const packageJson = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
const { version } = JSON.parse(packageJson) as { version: string }

/** Runs one command line; `words` as typed after the program's name. */
async function main(words: readonly string[]): Promise<void> {
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  const program = await makeProgram(words[0] === 'who')
  try {
    await checkCommand(words[0] ?? 'serve', program)
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) fail(error)
    if (error.exitCode !== 0) fail(await misuse(error, words[0] === 'who' ? 'who' : 'serve', program))
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
    .option('--url <url>', 'the server to ask', 'http://127.0.0.1:9502')
    .action(async options => {
      const { who } = await import('./who.ts')
      await who(options)
    })
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
