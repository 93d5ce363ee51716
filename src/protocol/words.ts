// The words that stand on the wire, in the API and in the log alike. One word, one meaning; no behaviour here.

/** State of a member as others see it, best first. */
export const MEMBER_STATES = ['online', 'away', 'suspect', 'offline'] as const

/** `present` means every state but `offline`. */
export type MemberState = (typeof MEMBER_STATES)[number]

/** What may happen to a member. */
export const TRANSITION_KINDS = ['join', 'leave', 'suspect', 'resume', 'away', 'back', 'update'] as const

export type TransitionKind = (typeof TRANSITION_KINDS)[number]

/**
 * Why a session ended or is suspect. `left`: goodbye; `closed`: page or program closed it and nobody came back;
 * `lost`: silence or a broken connection; `replaced`: a newer session took over; `kicked`; `expired`: token;
 * `node_lost`: the server process that held it is gone.
 */
export type Reason = 'left' | 'closed' | 'lost' | 'replaced' | 'kicked' | 'expired' | 'node_lost'
