// How a connection comes to a member, dialect by dialect: what it shows to the gate, and what follows where the gate
// lets it in. Who somebody is the gate says; whether a session begins the detector says.

import type { Grant } from '../auth/authority.ts'
import type { Details } from '../core/change.ts'
import { lastEvidenceAt } from '../core/session.ts'
import type { Terms } from '../core/terms.ts'
import { reject } from '../dialects/native-hello.ts'
import type { Hello } from '../protocol/messages.ts'
import type { Board } from './board.ts'
import type { Connection } from './connection.ts'

type Boarded = Board<Connection>

/** What a frame says of a member. */
export interface Claim {
  readonly member: string
  readonly details: Details | null
  /** The frame is a heartbeat too. */
  readonly beat: boolean
  readonly token: string | null
  /** When it came in. */
  readonly at: number
}

/** A native hello, where tokens are asked for. `terms`: those it asks for. */
export function enterNative(
  { gate }: Boarded,
  link: Connection,
  hello: Hello,
  details: Details | null,
  terms: Terms,
  at: number,
): void {
  const { token = null, member = null } = { token: null, member: null, ...hello.identity }
  gate.ask(link, token, member, (grant, now) => admit(grant, now), at)

  function admit(grant: Grant, now: number): void {
    const { member, policy } = grant
    if (member === null || hello.identity.as === 'observer') {
      if (link.sight?.isBlind !== true) return link.observe(hello, terms, now)
      return gate.turnAway(link, {
        code: 'unauthorized',
        message: 'an observer needs the right to watch somebody',
      })
    }
    if (hello.instance === null)
      return reject(link, 'bad_field', 'this token is of a member, which needs an instance and an epoch', {
        re: 'hello',
        field: 'instance',
      })
    const agreed = policy === null ? terms : link.nativeTerms.agree(hello.timing, link.link?.pings, policy)
    link.join(member, hello, link.own(details), agreed ?? terms, now)
  }
}

/** A published dialect names a member. */
export function enterPublished(board: Boarded, link: Connection, claim: Claim): void {
  const { member, token, at } = claim
  if (mustProve(link) && link.pass === null)
    board.gate.ask(link, shownBy(link, token), member, (_, now) => sit(board, link, claim, now), at)
  else sit(board, link, claim, at)
}

/** A `gateway` connection opens: it never says whose it is, so its grant does. */
export function enterGateway({ gate }: Boarded, link: Connection, at: number): void {
  if (!mustProve(link)) return
  const bindTo = ({ member }: Grant, now: number) => {
    const { session } = link
    if (member === null)
      return gate.turnAway(link, { code: 'unauthorized', message: 'the token names no member' })
    const { member: heard, unheard } = link.terms()
    const terms = session?.terms === unheard ? unheard : heard
    link.bind(member, terms, link.own(null), now, session === null ? now : lastEvidenceAt(session))
  }
  gate.ask(link, shownBy(link, null), null, bindTo, at)
}

/** A GetHeartbeat. Who shows nothing is told nothing, and may stay. */
export function enterList(board: Boarded, link: Connection, token: string | null, at: number): void {
  const { gate } = board
  if (!gate.guarded) return board.sendList(link)
  const shown = shownBy(link, token)
  const asks = mustProve(link) && link.pass === null && (shown !== null || gate.keepsHeaders)
  if (asks) gate.ask(link, shown, null, () => list(board, link), at)
  else list(board, link)
}

function list(board: Boarded, link: Connection): void {
  if (link.pass !== null && link.pass.watches === null) return board.sendList(link)
  board.gate.unlisted(link)
  link.send('[]')
}

// What came counts from when it came, not from when it was known who sent it.
function sit(board: Boarded, link: Connection, claim: Claim, now: number): void {
  const { member, details, beat, at } = claim
  if (link.pass !== null && link.pass.grant.member !== member) {
    link.bad('not_yours', '')
    return board.gate.turnAway(link, { code: 'unauthorized', message: 'the token is of another member' })
  }
  link.bind(member, link.terms().member, link.own(details), now, at)
  if (beat) link.beatOf(member, at)
}

// Whether somebody has to prove who they are before they may be somebody.
function mustProve({ guarded, port }: Connection): boolean {
  return guarded && port.settings.token !== 'none'
}

function shownBy({ approach, port }: Connection, token: string | null): string | null {
  const where = port.settings.token
  const asked = where === 'message' ? null : (approach?.token ?? null)
  return asked ?? (where === 'query' ? null : token)
}
