// Every close code Systole sends or reads, and what it means for the session behind the connection.
// 4000-4499: come back; 4500-4999: do not. Anything not named here counts as a broken connection. The table in PROTOCOL.md
// is proved equal to this one.

interface CloseMeaning {
  readonly code: number
  /** Who sends it; `nobody`: it never stands on the wire, a runtime reports it. */
  readonly from: 'client' | 'server' | 'both' | 'nobody'
  readonly meaning: string
  /** What whoever hears it does. */
  readonly next: string
}

const RETURN = 'come back, later each time'

/** By name. Those from the server are what it may close with. */
export const CLOSES = {
  bye: {
    code: 1000,
    from: 'both',
    meaning: 'from the server: `bye` was said; from the client: closed on purpose',
    next: 'client: stay away; server: session `closed`',
  },
  goingAway: {
    code: 1001,
    from: 'client',
    meaning: 'the page or program goes away',
    next: 'session `closed`',
  },
  badProtocol: { code: 1002, from: 'both', meaning: 'no WebSocket frame', next: RETURN },
  noCode: { code: 1005, from: 'nobody', meaning: 'a close without a code', next: 'session `closed`' },
  broken: {
    code: 1006,
    from: 'nobody',
    meaning: 'the connection broke, or was cut without a word',
    next: `client: ${RETURN}; server: session \`lost\``,
  },
  badData: { code: 1007, from: 'server', meaning: 'a text that is no UTF-8', next: RETURN },
  tooLarge: { code: 1009, from: 'server', meaning: 'a frame over `limits.frame`', next: RETURN },
  internal: { code: 1011, from: 'server', meaning: 'the server failed; this connection only', next: RETURN },
  restart: {
    code: 1012,
    from: 'server',
    meaning: 'the server restarts',
    next: 'come back when `moved` says; without one, later each time',
  },
  tryLater: {
    code: 1013,
    from: 'server',
    meaning: 'the server cannot take it in now',
    next: RETURN,
  },
  givenUp: {
    code: 4000,
    from: 'client',
    meaning: 'the connection was taken for broken; another one is opened',
    next: 'session `lost`, unless it goes on there',
  },
  cached: {
    code: 4001,
    from: 'client',
    meaning: 'the page was put into the back/forward cache',
    next: 'session `closed`, with a longer grace',
  },
  unauthorized: {
    code: 4401,
    from: 'server',
    meaning: 'the token was refused or has expired',
    next: 'come back with a fresh token, later each time',
  },
  noHello: { code: 4408, from: 'server', meaning: 'no hello in time', next: RETURN },
  instanceConflict: {
    code: 4409,
    from: 'server',
    meaning: 'an equal or newer epoch of the same instance is already here',
    next: 'come back once, with a new instance',
  },
  tooFast: { code: 4429, from: 'server', meaning: 'too many frames for too long', next: RETURN },
  sentAway: {
    code: 4430,
    from: 'server',
    meaning: 'somebody with the right to do so ended the session; it may come back',
    next: 'come back, as a new session',
  },
  tooManyConnections: {
    code: 4431,
    from: 'server',
    meaning: 'the member has as many connections as it may have',
    next: RETURN,
  },
  kicked: {
    code: 4500,
    from: 'server',
    meaning: 'somebody with the right to do so ended the session',
    next: 'stay away',
  },
  replaced: {
    code: 4501,
    from: 'server',
    meaning: 'policy `newest`: a newer session took the place',
    next: 'stay away',
  },
  occupied: {
    code: 4502,
    from: 'server',
    meaning: 'policy `oldest` or a take-over loop: the place is taken',
    next: 'stay away',
  },
  banned: {
    code: 4503,
    from: 'server',
    meaning: 'the member may not come for now',
    next: 'stay away',
  },
  unsupported: {
    code: 4510,
    from: 'server',
    meaning: 'the hello asks for what is not offered here, such as a token where nobody is asked for one',
    next: 'stay away; ask for something else',
  },
  badHello: {
    code: 4511,
    from: 'server',
    meaning: 'the first frame was no hello, or a faulty one',
    next: 'stay away; mend the hello',
  },
} as const satisfies Record<string, CloseMeaning>

/** The codes alone, by name. */
export const CLOSE = Object.fromEntries(Object.entries(CLOSES).map(([name, { code }]) => [name, code])) as {
  readonly [Name in keyof typeof CLOSES]: (typeof CLOSES)[Name]['code']
}

/** What a finished connection says about the session: closed on purpose, parked in the back/forward cache, or broken. */
export type CloseCause = 'closed' | 'cached' | 'lost'

/** 1000, 1001, 1005: page or program closed it; 4001: back/forward cache; anything else: broken (DESIGN §4). */
export function closeCause(code: number): CloseCause {
  if (code === CLOSE.bye || code === CLOSE.goingAway || code === CLOSE.noCode) return 'closed'
  return code === CLOSE.cached ? 'cached' : 'lost'
}
