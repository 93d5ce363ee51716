// A program with the SDK on another machine, and the cable between them cut and mended. Neither side is told: only silence
// says it, and it says it in time.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { FlapWatch } from '../support/flap-watch.ts'
import { Machine } from '../support/netns.ts'
import type { Happened } from '../support/sdk-page.ts'
import { RUNTIMES, type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

setDefaultTimeout(60_000)

const TIMING = { interval: 2_000, timeout: 1_000, grace: 40_000 }
/** I + T + 1 s. */
const NOTICED_WITHIN = TIMING.interval + TIMING.timeout + 1_000
/** It knocks in vain for so long. */
const CUT_FOR = NOTICED_WITHIN + 2_000

let machine: Machine
let server: SystoleProcess
let url: string

beforeAll(async () => {
  machine = new Machine()
  server = await startServer({ runtime: 'bun', host: machine.address, args: ['--open'] })
  url = `ws://${machine.address}:${server.port('main')}/`
})

afterAll(async () => {
  await server?.kill()
  machine?.remove()
})

function linesOf(child: ChildProcess): Happened[] {
  const lines: Happened[] = []
  createInterface({ input: child.stdout! }).on('line', line => lines.push(JSON.parse(line)))
  return lines
}

test('a cut cable is noticed within I + T + 1 s; mended within the grace, nobody was gone', async () => {
  const watch = await FlapWatch.of(url, ...RUNTIMES)
  const options = (member: string) => JSON.stringify({ url, member, timing: TIMING })
  const told = RUNTIMES.map(runtime => linesOf(machine.runOn(runtime, 'sdk-program.ts', options(runtime))))
  const latest = (lines: Happened[]) => lines.findLast(({ what }) => what === 'state')
  const allOnline = () => told.every(lines => latest(lines)?.to === 'online')
  await waitFor('both to be online', allOnline, 15_000)
  const sessions = told.map(lines => latest(lines)!.session)
  await pause(TIMING.interval)

  machine.cut()
  const cutAt = Date.now()
  await waitFor(
    'both to notice',
    () => told.every(lines => latest(lines)!.to !== 'online'),
    NOTICED_WITHIN + 5_000,
  )
  await pause(Math.max(0, cutAt + CUT_FOR - Date.now()))
  machine.mend()
  const mendedAt = Date.now()
  await waitFor('both to be back', allOnline, 30_000)

  for (const [index, lines] of told.entries()) {
    const changes = lines.filter(({ what, at }) => what === 'state' && at > cutAt)
    const noticed = changes.find(({ reason }) => reason === 'silence')!
    const back = latest(lines)!
    const tries = changes.filter(({ to }) => to === 'connecting').length
    console.log(
      `${RUNTIMES[index]}: noticed after ${noticed.at - cutAt} ms, ${tries} tries, back ${back.at - mendedAt} ms after the mend`,
    )
    expect(noticed.at - cutAt).toBeLessThanOrEqual(NOTICED_WITHIN)
    expect(tries).toBeGreaterThan(1)
    expect(back.session).toBe(sessions[index]!)
    expect(lines.filter(({ what }) => what === 'problem')).toEqual([])
    const member = RUNTIMES[index]!
    expect([watch.states(member), watch.stays(member)]).toEqual([['unknown', 'online'], 1])
  }
  watch.stop()
})
