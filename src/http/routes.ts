// All routes of the API, in the order in which the reference shows them.

import { banRoutes } from './bans.ts'
import { beatRoutes } from './beats.ts'
import { connectionRoutes } from './connections.ts'
import { countRoutes } from './counts.ts'
import { groupReadRoutes } from './group-lists.ts'
import { membershipRoutes } from './groups.ts'
import { serverRoutes } from './health.ts'
import { kickRoutes } from './kick.ts'
import { lookupRoutes } from './lookup.ts'
import { memberRoutes } from './members.ts'
import { profileRoutes } from './profile.ts'
import { pushRoutes } from './push.ts'
import type { Route } from './route.ts'
import { sessionRoutes } from './sessions.ts'
import { transitionRoutes } from './transitions.ts'
import { webhookRoutes } from './webhooks.ts'

export const ROUTES: readonly Route[] = [
  ...memberRoutes,
  ...lookupRoutes,
  ...countRoutes,
  ...profileRoutes,
  ...kickRoutes,
  ...banRoutes,
  ...groupReadRoutes,
  ...membershipRoutes,
  ...pushRoutes,
  ...beatRoutes,
  ...sessionRoutes,
  ...connectionRoutes,
  ...transitionRoutes,
  ...webhookRoutes,
  ...serverRoutes,
]
