// A program that embeds the server, as a host does: starts it through the package's door, and calls it as told on
// standard input (`{"do": "bind", "args": […]}` a line). Answers and addresses are JSON lines on standard output.

import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Log, settingsOf, startSystole } from '../../src/index.ts'

function say(fields: object, msg?: string): void {
  process.stdout.write(`${JSON.stringify({ level: 30, msg, ...fields })}\n`)
}

const log: Log = { debug: () => {}, info: say, warn: say, error: say }
const listen = process.argv.flatMap((word, i) => (process.argv[i - 1] === '--listen' ? [word] : []))
const server = await startSystole(settingsOf({ port: 0, data: false, listen }), log)
server.onTransitions(transitions => {
  for (const { kind, member, reason } of transitions) say({ transition: kind, member, reason })
})

// What is called `refuse` is not taken, so that a test sees both answers.
server.onMessage(({ member, data }) => {
  say({ message: data, from: member })
  if (data === 'refuse') throw new Error('refused')
})

const calls: Readonly<Record<string, (...args: never[]) => unknown>> = {
  bind: server.bind.bind(server),
  unbind: server.unbind.bind(server),
  pushToMember: server.pushToMember.bind(server),
  pushToType: server.pushToType.bind(server),
  pushToAll: server.pushToAll.bind(server),
  pushToGroup: server.pushToGroup.bind(server),
  kick: server.kick.bind(server),
  addToGroup: server.addToGroup.bind(server),
  removeFromGroup: server.removeFromGroup.bind(server),
  worstBlock,
}

/**
 * Longest time in which no timer could run, in ms, since it was asked last. Without what this thread waited for a
 * core: that is other programs' doing.
 */
function worstBlock(): number {
  const worst = longest
  longest = 0
  return worst
}

let longest = 0
let ranAt = performance.now()
let waited = waitedForCore()

function watch(): void {
  const [now, waitedNow] = [performance.now(), waitedForCore()]
  longest = Math.max(longest, now - ranAt - (waitedNow - waited))
  ranAt = now
  waited = waitedNow
  setTimeout(watch, 1)
}

/** Linux: time on the run queue, in ms. */
function waitedForCore(): number {
  const [, wait] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
  return Number(wait) / 1e6
}

async function obey(line: string): Promise<void> {
  const { do: name, args, call } = JSON.parse(line)
  try {
    say({ call, result: (await calls[name]?.(...(args as never[]))) ?? null })
  } catch (error) {
    say({ call, code: (error as { code?: unknown }).code })
  }
}

watch()
createInterface({ input: process.stdin }).on('line', line => void obey(line))
for (const { port, dialect } of server.addresses) say({ port, dialect })
say({ mode: 'open' })
