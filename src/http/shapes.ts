// How answers look, for the OpenAPI document: the schemas that routes describe themselves with. Nothing is checked by
// them at run time; tests hold real answers against them. Times in ms since 1970.

import { z } from 'zod'
import { MEMBER_STATES, TRANSITION_KINDS } from '../protocol/words.ts'

const REASONS = ['left', 'closed', 'lost', 'replaced', 'kicked', 'expired', 'node_lost'] as const

const time = z.int().describe('ms since 1970')
const timeOrNever = time.nullable()
const reason = z.enum(REASONS).nullable()
const state = z.enum(MEMBER_STATES)
const version = z.int().describe('grows with every step of a member; gaps are normal')
const name = z.string().nullable()
const type = z.string().nullable()
const profile = z.unknown().describe('whatever it was set to; null: nothing')
const held = z.literal(true).optional().describe('its end is withheld while many fall silent at once')
const status = z
  .strictObject({ visibility: z.enum(['shown', 'hidden']), text: z.string().nullable(), until: timeOrNever })
  .nullable()
  .describe('what it tells others of itself; null: nothing')

/** One member with all that is known of it. */
export const memberShape = z
  .strictObject({
    id: z.string(),
    name,
    type,
    profile,
    state,
    since: time.describe('when this state began'),
    joinedAt: timeOrNever.describe('when this stay began; null: it is offline'),
    lastEvidenceAt: timeOrNever,
    lastBeatAt: timeOrNever,
    reason: reason.describe('of the last leave while offline, of the suspicion while suspect'),
    version,
    sessions: z.int().optional().describe('open sessions; only keys are told'),
    status,
    groups: z.array(z.string()).optional().describe('only keys are told'),
    held,
  })
  .meta({ id: 'Member' })

/** One open session. */
export const sessionShape = z
  .strictObject({
    id: z.string(),
    member: z.string().nullable().describe('null: a connection nobody has named'),
    clientId: z.string().nullable().describe('of gateway links: 20 hex digits'),
    dialect: z.string(),
    state: z.enum(['online', 'away', 'suspect']),
    since: time,
    beganAt: time,
    lastEvidenceAt: time,
    lastBeatAt: timeOrNever,
    reason: reason.describe('why it is suspect'),
    address: z.string().nullable().describe('remote address while connected'),
    rtt: z.number().nullable().describe('round trip of the last measured ping in ms'),
    node: z.string(),
    expires: timeOrNever.describe('when its token ends'),
    data: z.unknown().describe('what the host keeps with it; null: nothing'),
    held,
  })
  .meta({ id: 'Session' })

/** One step of one member, as the log tells it. */
export const transitionShape = z
  .strictObject({
    kind: z.enum(TRANSITION_KINDS),
    member: z.string(),
    version,
    previous: z.int().describe('version of the step of this member before; 0: none is known'),
    at: time,
    state,
    since: time,
    joinedAt: timeOrNever.describe('when the stay began; of a leave, the stay that ended'),
    reason,
    session: z.string().nullable().describe('the session that made the step; null: none did'),
    lastEvidenceAt: timeOrNever,
    lastBeatAt: timeOrNever,
    name,
    type,
    profile,
    status,
    groups: z.array(z.string()),
  })
  .meta({ id: 'Transition' })

/** How many members are in which state. */
export const countsShape = z
  .strictObject({ online: z.int(), away: z.int(), suspect: z.int(), offline: z.int() })
  .meta({ id: 'Counts' })

/** A group that has members. */
export const groupShape = z.strictObject({ group: z.string(), members: countsShape }).meta({ id: 'Group' })
