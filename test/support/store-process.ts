// A program that opens a store over a file and works it hard: it commits joins and leaves at full speed, erases members,
// puts notes in between, and prints the version of every log entry that lasts and every note it was told, until it is
// killed; or at SIGTERM closes with its sessions open.

import type { SessionChange } from '../../src/core/change.ts'
import { embeddedStore } from '../../src/stores/embedded/embedded-store.ts'
import type { SessionRecord } from '../../src/stores/store.ts'
import { change } from './store-changes.ts'

const [path, perSecond] = process.argv.slice(2)
const store = embeddedStore({ path: path!, now: Date.now, onError: error => console.error(error) })
const opened = await store.open()
const open = new Map<number, string>()
let session = opened.firstSessionId
let leaves = opened.sessions.map(({ id, member }) => change('end', id, member, { reason: 'node_lost' }))
let cursor: string | null = null
let ended = false
let toErase = ''

process.on('SIGTERM', async () => {
  ended = true
  const evidence = [...open].map(([id, member]) => record(id, member))
  await opened.close(evidence)
  console.log(`closed ${evidence.length}`)
  process.exit(0)
})
console.log(`opened ${opened.epoch} ${opened.sessions.length}`)

const started = performance.now()
void noteOnAndOn()
let committed = 0
setInterval(() => {
  const due = ((performance.now() - started) / 1_000) * Number(perSecond)
  while (!ended && committed < due) store.commit(someChanges())
}, 5)
for (;;) {
  const batch = await store.readLog(cursor ?? 'oldest', 1_000)
  cursor = batch.cursor
  const lasting = batch.transitions.filter(({ member }) => member.startsWith('m'))
  if (lasting.length > 0) console.log(lasting.map(({ version }) => version).join(' '))
  if (batch.transitions.length === 0) await new Promise(resolve => setTimeout(resolve, 5))
  if (ended) break
}

// Numbers that grow over restarts too, as cursors do.
async function noteOnAndOn(): Promise<void> {
  const { notebook } = store
  const last = Number((await notebook.get('webhooks', 'last')) ?? 0)
  if (last > 1) await notebook.delete('webhooks', `note ${last - 1}`)
  for (let n = last + 1; !ended; n++) {
    await Promise.all([notebook.put('webhooks', `note ${n}`, n), notebook.put('webhooks', 'last', n)])
    if (n > 1) await notebook.delete('webhooks', `note ${n - 1}`)
    console.log(`noted ${n}`)
  }
}

// Of four members that come, three stay for a while; every member has come before and comes again.
function someChanges(): SessionChange[] {
  const changes = leaves
  leaves = []
  for (let i = 0; i < 50; i++) {
    const id = session++
    const member = `m${(id * 7_919) % 5_000}`
    open.set(id, member)
    changes.push(change('begin', id, member, { at: Date.now(), details: { name: member } }))
    const oldest = open.keys().next().value!
    if (open.size < 3_000) continue
    changes.push(change('end', oldest, open.get(oldest)!, { at: Date.now(), reason: 'left' }))
    open.delete(oldest)
  }
  changes.push(...someoneErased())
  committed += changes.length
  return changes
}

// Each comes and goes, and is forgotten in the commit after that.
function someoneErased(): SessionChange[] {
  const id = session++
  const details = { name: 'somebody', profile: { phone: '1' } }
  const before = toErase
  toErase = `e${id}`
  const comesAndGoes = [change('begin', id, toErase, { details }), change('end', id, toErase)]
  return before === '' ? comesAndGoes : [change('erase', 0, before), ...comesAndGoes]
}

function record(id: number, member: string): SessionRecord {
  const times = { lastEvidenceAt: Date.now(), lastBeatAt: null }
  return {
    id,
    member,
    instance: null,
    epoch: 0,
    dialect: 'heartbeat',
    away: false,
    timing: null,
    groups: [],
    ...times,
  }
}
