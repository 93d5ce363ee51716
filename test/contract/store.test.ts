// The embedded store against the contract: in memory alone, and with a file, in both durabilities and with next to
// nothing of the log in memory.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedStore } from '../../src/stores/embedded/embedded-store.ts'
import { startFileThread } from '../../src/stores/embedded/file-link.ts'
import type { TailBounds } from '../../src/stores/embedded/log-tail.ts'
import type { Durability } from '../../src/stores/embedded/options.ts'
import { T0 } from '../support/store-changes.ts'
import { storeContract } from './store.ts'
import type { StoreStage } from './store-bench.ts'
import { storeListsContract } from './store-lists.ts'
import { storeLogContract } from './store-log.ts'
import { storeNotesContract } from './store-notes.ts'
import { storeSeenContract } from './store-seen.ts'
import { storeStandingsContract } from './store-standings.ts'

const T0_STANDS = () => T0

for (const suite of [
  storeContract,
  storeSeenContract,
  storeLogContract,
  storeNotesContract,
  storeStandingsContract,
  storeListsContract,
]) {
  suite('embedded store, in memory', { survives: false }, (now = T0_STANDS) => ({
    store: () => embeddedStore({ path: null, now }),
    remove: async () => {},
  }))
  for (const durability of ['normal', 'full'] as const)
    suite(`embedded store, file, ${durability}`, { survives: true }, now => onFile(durability, now))
  suite('embedded store, file, short tail', { survives: true }, now =>
    onFile('normal', now, { most: 2, bytes: 10_000 }),
  )
}

function onFile(durability: Durability, now = T0_STANDS, tail?: TailBounds): StoreStage {
  const folder = mkdtempSync(join(tmpdir(), 'systole-store-'))
  return {
    store: () =>
      embeddedStore({ path: join(folder, 'data', 'systole.db'), now, durability }, startFileThread, tail),
    remove: async () => rmSync(folder, { recursive: true }),
  }
}
