// The load generator: a process of its own that holds thousands of links to one server and beats on them. It takes
// commands as JSON lines on stdin and answers each with one JSON line on stdout, in order.

import type { LoadAnswer, LoadCommand, LoadCounts } from './commands.ts'
import { Drive } from './drive.ts'
import { Links } from './links.ts'
import { type ProbeResult, probe } from './probe.ts'
import { SCRIPTS } from './scripts.ts'

const HOST = '127.0.0.1'
/** Enough to keep a server busy; its backlog is never full. */
const WINDOW = 256

const links = new Links()
const drive = new Drive(links)

function counts(): LoadCounts {
  return { at: performance.now(), sent: drive.sent, received: links.received, lost: links.lost }
}

async function received(count: number): Promise<void> {
  while (links.received < count) await Bun.sleep(1)
}

interface Outcome {
  readonly opened?: number
  readonly probe?: ProbeResult
}

async function run(command: LoadCommand): Promise<Outcome> {
  switch (command.do) {
    case 'probe':
      return { probe: await probe(links, command.seconds) }
    case 'open': {
      const { port, count } = command
      const opened = await links.open({
        host: HOST,
        port,
        script: SCRIPTS[command.script],
        count,
        window: WINDOW,
      })
      return { opened }
    }
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
