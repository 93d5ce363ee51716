// An authority that knows tokens by heart, and answers at once or when the test says so.

import {
  type Authority,
  type Credentials,
  EVERYBODY,
  type Grant,
  NOBODY,
  type Reach,
  type Verdict,
} from '../../src/auth/authority.ts'

type GrantPatch = Partial<Omit<Grant, 'rights'>> & { readonly rights?: Partial<Grant['rights']> }

/** Whom a right reaches. */
export function reach(members: readonly string[], groups: readonly string[] = []): Reach {
  return { all: false, members: new Set(members), groups: new Set(groups) }
}

/** What a token is good for: its member, that may watch and ask everybody, unless the patch says less. */
export function grantOf(member: string | null, { rights, ...patch }: GrantPatch = {}): Grant {
  return {
    member,
    details: null,
    groups: [],
    policy: null,
    rights: { watch: EVERYBODY, ask: EVERYBODY, push: NOBODY, ...rights },
    expires: null,
    data: null,
    ...patch,
  }
}

export class FakeAuthority implements Authority {
  readonly grants = new Map<string, Grant>()
  /** Everything that was asked, in order. */
  readonly asked: Credentials[] = []
  /** Answers come when the test lets them. */
  slow = false
  /** Nobody can say. */
  away = false
  readonly #waiting: (() => void)[] = []

  /** `tokens`: by token, what it is good for. */
  constructor(tokens: Readonly<Record<string, Grant>> = {}) {
    for (const [token, grant] of Object.entries(tokens)) this.grants.set(token, grant)
  }

  authorize(credentials: Credentials): Verdict | Promise<Verdict> {
    this.asked.push(credentials)
    if (!this.slow) return this.#verdict(credentials)
    return new Promise(resolve => this.#waiting.push(() => resolve(this.#verdict(credentials))))
  }

  /** Lets all answers come that wait, in order. */
  async answer(): Promise<void> {
    for (const run of this.#waiting.splice(0)) run()
    for (let i = 0; i < 10; i++) await Promise.resolve()
  }

  #verdict({ token, cookie }: Credentials): Verdict {
    if (this.away) return { ok: false, why: 'unavailable', message: 'the hook does not answer' }
    const grant = this.grants.get(token ?? cookie ?? '')
    return grant === undefined
      ? {
          ok: false,
          why: 'unauthorized',
          message: token === null ? 'there is no token' : 'the token is unknown',
        }
      : { ok: true, grant }
  }
}
