// What a connection proved of itself, for as long as it is open: whose it is, until when, how far it sees. Kept only
// where the server asks for proof. It decides nothing.

import type { Grant } from '../auth/authority.ts'
import type { Details } from '../core/change.ts'
import type { WheelEntry } from '../core/wheel.ts'
import type { Connection } from './connection.ts'
import { type Sight, sightOf } from './hub/sight.ts'

export class Pass implements WheelEntry {
  /** Belong to the expiries. */
  slot = -1
  pos = 0
  readonly connection: Connection
  grant: Grant
  /** What it may watch and ask; `null`: everybody. */
  watches: Sight | null
  asks: Sight | null
  /** A fresh token is being looked at. */
  refreshing = false

  constructor(connection: Connection, grant: Grant) {
    this.connection = connection
    this.grant = grant
    this.watches = sightOf(grant.rights.watch, grant.member)
    this.asks = sightOf(grant.rights.ask, grant.member)
  }

  /** A fresh grant takes the place of the old one. */
  renew(grant: Grant): void {
    this.grant = grant
    this.watches = sightOf(grant.rights.watch, grant.member)
    this.asks = sightOf(grant.rights.ask, grant.member)
  }

  /** What its connection says of the member, as far as its grant does not know better. */
  own(said: Details | null): Details | null {
    const { details } = this.grant
    return details === null ? said : { ...said, ...details }
  }

  mayEnter(group: string): boolean {
    return this.watches === null || this.watches.seesGroup(group) || this.grant.groups.includes(group)
  }
}
