// Processor time of the server per beat that comes by HTTP: in lists of 100 through the whole API with a key, and one by one
// beside a bare Hono that parses the same body and answers as much.

import { type Side, sideBySide } from '../process/sides.ts'
import { type Figure, median, ratioText, short } from '../report/figure.ts'
import type { Samples } from '../report/rounds.ts'
import { API_KEY, BARE_HONO, SYSTOLE_KEYED, type Target } from '../servers/targets.ts'
import type { Plan } from './plan.ts'

const BATCH = 100
const CONNECTIONS = 64
const JOBS = 10_000
const BATCH_BAR = 300_000
const ALONE_BAR = 0.6

/** Microseconds of processor time per beat. */
async function window({ target, server, load }: Side, seconds: number): Promise<number> {
  const before = await load.count()
  const cpu = server.cpuSeconds()
  await load.drivePosts()
  await Bun.sleep(seconds * 1_000)
  await load.haltPosts()
  const used = server.cpuSeconds() - cpu
  const after = await load.count()
  if (after.lost > 0) throw new Error(`${target.name} refused or lost ${after.lost} requests`)
  return (used * 1e6) / (after.received - before.received)
}

function measure(targets: readonly Target[], batch: number, plan: Plan): Promise<Samples> {
  return sideBySide(
    `beats by HTTP, ${batch} a request`,
    targets,
    plan,
    ({ target, load }) => {
      const key = target === SYSTOLE_KEYED ? API_KEY : null
      return load.openPosts({ connections: CONNECTIONS, jobs: JOBS, batch, key })
    },
    window,
  )
}

export async function httpBeats(plan: Plan): Promise<Figure[]> {
  if (plan.baselines) return []
  const lists = await measure([SYSTOLE_KEYED], BATCH, plan)
  const alone = await measure([BARE_HONO, SYSTOLE_KEYED], 1, plan)
  const perSecond = 1e6 / lists.median(SYSTOLE_KEYED)
  // of what a core takes in a second: the other way round than of time
  const ratios = alone.ratios(BARE_HONO, SYSTOLE_KEYED)
  return [
    {
      name: `beats by HTTP on one core, ${BATCH} a request, with a key`,
      bar: `>= ${BATCH_BAR.toLocaleString('en')}/s`,
      measured: `${short(perSecond)}/s`,
      pass: perSecond >= BATCH_BAR,
      others: `${short(lists.median(SYSTOLE_KEYED))} us of CPU a beat`,
      runs: lists.byTarget,
    },
    {
      name: 'beats by HTTP on one core, one a request, with a key',
      bar: `>= ${ALONE_BAR.toFixed(2)} x bare Hono`,
      measured: `${short(1e6 / alone.median(SYSTOLE_KEYED))}/s = ${ratioText(ratios)}`,
      pass: median(ratios) >= ALONE_BAR,
      others: `bare Hono ${short(1e6 / alone.median(BARE_HONO))}/s`,
      runs: alone.byTarget,
    },
  ]
}
