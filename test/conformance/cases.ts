// All cases, by chapter of PROTOCOL.md.

import type { Case } from './case.ts'
import { ask } from './cases/ask.ts'
import { beat } from './cases/beat.ts'
import { counts } from './cases/counts.ts'
import { cursors } from './cases/cursors.ts'
import { epochs } from './cases/epochs.ts'
import { errors } from './cases/errors.ts'
import { eventStreams } from './cases/event-streams.ts'
import { hello } from './cases/hello.ts'
import { helloFaults } from './cases/hello-faults.ts'
import { merging } from './cases/merging.ts'
import { pushes } from './cases/push.ts'
import { self } from './cases/self.ts'
import { state } from './cases/state.ts'
import { tokens } from './cases/tokens.ts'
import { watchAll } from './cases/watch-all.ts'
import { watchGroup } from './cases/watch-group.ts'
import { watchMembers } from './cases/watch-members.ts'

export const CASES: readonly Case[] = [
  ...hello,
  ...helloFaults,
  ...epochs,
  ...beat,
  ...state,
  ...self,
  ...watchMembers,
  ...watchGroup,
  ...watchAll,
  ...counts,
  ...merging,
  ...cursors,
  ...ask,
  ...pushes,
  ...tokens,
  ...errors,
  ...eventStreams,
]
