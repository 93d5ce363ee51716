// The load generator: a process of its own that holds thousands of links to one server and beats on them. It takes
// commands as JSON lines on stdin and answers each with one JSON line on stdout, in order.

import { asks } from './asks.ts'
import { changes } from './changes.ts'
import type { LoadAnswer, LoadCommand, LoadCounts } from './commands.ts'
import { Drive } from './drive.ts'
import { gets } from './gets.ts'
import { Links } from './links.ts'
import { Lists } from './lists.ts'
import { Posts } from './posts.ts'
import { probe } from './probe.ts'
import { SCRIPTS } from './scripts.ts'
import { Streams } from './streams.ts'

const HOST = '127.0.0.1'
/** Enough to keep a server busy; its backlog is never full. */
const WINDOW = 256

const links = new Links()
const drive = new Drive(links)
const lists = new Lists(links)
const streams = new Streams()
const posts = new Posts()

function counts(): LoadCounts {
  return {
    at: performance.now(),
    sent: drive.sent,
    received: links.received + posts.answered,
    lost: links.lost + posts.lost,
  }
}

async function received(count: number): Promise<void> {
  while (links.received < count) await Bun.sleep(1)
}

type Outcome = Omit<Extract<LoadAnswer, { ok: true }>, 'ok' | 'counts'>

async function run(command: LoadCommand): Promise<Outcome> {
  switch (command.do) {
    case 'probe':
      return { probe: await probe(links, command.seconds) }
    case 'open': {
      const { port, count, quiet } = command
      const opened = await links.open({
        host: HOST,
        port,
        script: SCRIPTS[command.script],
        count,
        window: WINDOW,
        quiet,
      })
      return { opened }
    }
    case 'greet':
      return { greeted: await links.greet() }
    case 'changes':
      return { changes: await changes(links, command.count, command.times, command.spacing) }
    case 'asks':
      return { asks: await asks(links, command) }
    case 'gets':
      return { gets: await gets(command) }
    case 'lists-open':
      await lists.open(command.port, command.watchers)
      break
    case 'lists-run':
      return { lists: await lists.run(command.rate, command.seconds) }
    case 'posts-open':
      await posts.open(command.port, command)
      break
    case 'posts-drive':
      posts.drive()
      break
    case 'posts-halt':
      await posts.halt()
      break
    case 'streams-open':
      await streams.open(command.port, command.count)
      break
    case 'streams-run':
      return { streams: await streams.run(command.rate, command.seconds) }
    case 'drive-closed':
      drive.closed()
      break
    case 'drive-open':
      drive.open(command.rate)
      break
    case 'halt':
      drive.halt()
      break
    case 'await-received':
      await received(command.received)
  }
  return {}
}

async function answer(line: string): Promise<LoadAnswer> {
  try {
    const outcome = await run(JSON.parse(line) as LoadCommand)
    return { ok: true, counts: counts(), ...outcome }
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) }
  }
}

for await (const line of console) process.stdout.write(`${JSON.stringify(await answer(line))}\n`)
process.exit(0)
