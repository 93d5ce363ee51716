// What a watcher on the hub's stage heard, in a form that a test can write down: without what time and versions say.

import { type HubStage, plain, type StageWatcher } from './hub-stage.ts'
import type { WatchRequest } from './watch-model.ts'

export const ALL: WatchRequest = { of: 'all' }

/** Frames since the last look. */
export function heard(watcher: StageWatcher): unknown[] {
  return watcher.sent.splice(0).map(text => {
    const { cursor, entries, now, ...rest } = JSON.parse(text)
    return {
      ...rest,
      ...(entries && { entries: entries.map((entry: object) => short(entry)) }),
      ...(cursor !== undefined && { cursor: true }),
    }
  })
}

/** A watcher whose list is whole. */
export async function watching(stage: HubStage, request: WatchRequest = ALL): Promise<StageWatcher> {
  const watcher = stage.watcher()
  stage.watch(watcher, request)
  await stage.settle()
  return watcher
}

function short(entry: object): string {
  const { member, state, reason, gone, name } = plain(entry) as Record<string, unknown>
  return [member, state, reason, name, gone && 'gone']
    .filter(word => word !== undefined && word !== false)
    .join(' ')
}
