// A backend that always knows who is here: it takes a snapshot once, then reads the log from its cursor on. The cursor is in
// a file, so that it misses nothing when it, or the presence server, was away. Node 22 or later, or Bun:
// `npx node examples/backend/main.ts http://127.0.0.1:9502/ --cursor cursor.json`.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

interface Transition {
  readonly kind: string
  readonly member: string
  readonly version: number
  readonly state: string
  readonly reason: string | null
}

interface Page {
  readonly members: readonly { readonly id: string; readonly version: number }[]
  readonly cursor: string | null
}

/** What it keeps: where it stands, and the version of what it knows of each member that is here. */
interface Known {
  cursor: string
  present: Record<string, number>
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    cursor: { type: 'string', default: 'cursor.json' },
    key: { type: 'string' },
  },
})
const base = positionals[0] ?? 'http://127.0.0.1:9502/'
const headers = values.key === undefined ? {} : { authorization: `Bearer ${values.key}` }
const stopped = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopped.abort())

let known: Known | null = existsSync(values.cursor) ? JSON.parse(readFileSync(values.cursor, 'utf8')) : null

async function ask(path: string): Promise<Response> {
  const answer = await fetch(new URL(path, base), { headers, signal: stopped.signal })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return answer
}

/** Everybody who is here now. What happens meanwhile is in the log after `cursor`, and told again: versions show that. */
async function takeSnapshot(cursor: string): Promise<Known> {
  const present: Record<string, number> = {}
  for (const state of ['online', 'away', 'suspect']) {
    let next: string | null = null
    do {
      const query: URLSearchParams = new URLSearchParams({
        state,
        limit: '200',
        ...(next !== null && { cursor: next }),
      })
      const page: Page = await (await ask(`v1/members?${query}`)).json()
      for (const { id, version } of page.members) present[id] = version
      next = page.cursor
    } while (next !== null)
  }
  console.log(`snapshot: ${Object.keys(present).length} are here`)
  return { cursor, present }
}

/** One piece of the log; waits up to 30 s for something to read. */
async function readOn(from: string | null): Promise<void> {
  const query = new URLSearchParams(from === null ? {} : { after: from, wait: '30000' })
  const lines = (await (await ask(`v1/transitions?${query}`)).text()).split('\n').filter(Boolean)
  const { cursor, reset } = JSON.parse(lines.pop()!)
  if (from === null || reset === true || known === null) known = await takeSnapshot(cursor)
  for (const line of lines) note(JSON.parse(line), known)
  known.cursor = cursor
  writeFileSync(`${values.cursor}.new`, JSON.stringify(known))
  renameSync(`${values.cursor}.new`, values.cursor)
}

// Each transition comes at least once: one that is not newer than what is known has been seen.
function note({ kind, member, version, state, reason }: Transition, { present }: Known): void {
  if (version <= (present[member] ?? 0)) return
  if (state === 'offline') delete present[member]
  else present[member] = version
  console.log(
    `${kind} ${member}${reason === null ? '' : ` (${reason})`}; ${Object.keys(present).length} are here`,
  )
}

while (!stopped.signal.aborted) {
  try {
    await readOn(known?.cursor ?? null)
  } catch (error) {
    if (stopped.signal.aborted) break
    console.error(`will try again: ${(error as Error).message}`)
    await new Promise(resolve => setTimeout(resolve, 1_000))
  }
}
