// The embedded store against the contract: in memory alone, and with a file in both durabilities.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedStore } from '../../src/stores/embedded/embedded-store.ts'
import type { Durability } from '../../src/stores/embedded/options.ts'
import { T0 } from '../support/store-changes.ts'
import { storeContract } from './store.ts'
import type { StoreStage } from './store-bench.ts'
import { storeSeenContract } from './store-seen.ts'

const now = () => T0

for (const suite of [storeContract, storeSeenContract]) {
  suite('embedded store, in memory', { survives: false }, () => ({
    store: () => embeddedStore({ path: null, now }),
    remove: async () => {},
  }))
  for (const durability of ['normal', 'full'] as const)
    suite(`embedded store, file, ${durability}`, { survives: true }, () => onFile(durability))
}

function onFile(durability: Durability): StoreStage {
  const folder = mkdtempSync(join(tmpdir(), 'systole-store-'))
  return {
    store: () => embeddedStore({ path: join(folder, 'data', 'systole.db'), now, durability }),
    remove: async () => rmSync(folder, { recursive: true }),
  }
}
