// Systole inside a small host program that puts every member into one group when the bench says 'group', and pushes to that
// group when it says 'fan'.

import pino from 'pino'
import { settingsOf, startSystole } from '../../src/index.ts'
import { control, messageOf, portArgument } from '../baselines/control.ts'

const GROUP = 'all'
const PAGE = 1_000

const settings = settingsOf({ port: portArgument(), data: 'off' })
const server = await startSystole(settings, pino({ level: 'silent' }))

async function group(): Promise<number> {
  let after: string | null = null
  let count = 0
  do {
    const page = await server.members({ after, limit: PAGE })
    for (const { id } of page.members) await server.addToGroup(GROUP, id)
    count += page.members.length
    after = page.next
  } while (after !== null)
  return count
}

function failed(error: unknown): void {
  console.error(error)
  process.exit(1)
}

let grouped = 0

control({
  group: () => {
    group().then(count => {
      grouped = count
    }, failed)
  },
  grouped: () => grouped,
  fan: bytes => void server.pushToGroup(GROUP, messageOf(bytes)).catch(failed),
})
