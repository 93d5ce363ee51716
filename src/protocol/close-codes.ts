// Every close code Systole sends or reads, and what it means for the session behind the connection.
// 4000-4499: come back; 4500-4999: do not. Anything not named here counts as a broken connection.

/** Codes the server closes with. */
export const CLOSE = {
  /** the server restarts; come back */
  restart: 1012,
  /** a handler failed; this connection only */
  internal: 1011,
  /** a frame or message of the wrong form */
  badData: 1007,
  /** no first message in time */
  noHello: 4408,
  /** an equal or newer epoch of the same instance is already here */
  instanceConflict: 4409,
  /** over the frame rate for too long */
  tooFast: 4429,
  /** policy `newest`: a newer session took the place */
  replaced: 4501,
  /** policy `oldest` or a take-over loop: the place is taken */
  occupied: 4502,
  /** this wire is not spoken here */
  unsupported: 4510,
} as const

/** What a finished connection says about the session: closed on purpose, parked in the back/forward cache, or broken. */
export type CloseCause = 'closed' | 'cached' | 'lost'

const CACHED = 4001

/** 1000, 1001, 1005: page or program closed it; 4001: back/forward cache; anything else: broken (DESIGN §4). */
export function closeCause(code: number): CloseCause {
  if (code === 1000 || code === 1001 || code === 1005) return 'closed'
  return code === CACHED ? 'cached' : 'lost'
}
