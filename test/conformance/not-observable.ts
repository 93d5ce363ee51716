// Demands of PROTOCOL.md that no outsider can try, and why. A test proves that every demand is here or in a case.

import type { Untried } from './report.ts'

export const NOT_OBSERVABLE: readonly Untried[] = [
  { must: 'R2', why: 'takes a restart of the server, or more patience than a run has' },
  { must: 'E5', why: 'takes somebody who bans' },
  { must: 'E4', why: 'takes stopping the server' },
]
