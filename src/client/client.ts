// The client as a program has it: puts the parts together and answers for all of them. It decides nothing that the machine
// decides.

import type { ServerMessage } from '../protocol/messages.ts'
import { Agenda } from './agenda.ts'
import { Driver, type Frame, time } from './driver.ts'
import { Emitter } from './emitter.ts'
import type { Host, Signal } from './host.ts'
import { Identity } from './identity.ts'
import { Lists } from './lists.ts'
import { Myself } from './myself.ts'
import { Outbox } from './outbox.ts'
import { here } from './page.ts'
import { Tokens } from './tokens.ts'
import type {
  Client,
  ClientOptions,
  Details,
  Events,
  Id,
  Member,
  Payloads,
  Sent,
  State,
  StateChange,
  Status,
  Watch,
  WatchScope,
} from './types.ts'
import { Ways } from './ways.ts'

const ANSWER = 10_000
const IDLE_AFTER = 300_000
const ROOM = 256

/** A client of one server. Throws `TypeError` for options that cannot be. */
export function createClient<P extends Payloads = Payloads>(options: ClientOptions<P>): Client<P> {
  return new PresenceClient(options)
}

class PresenceClient<P extends Payloads> implements Client<P> {
  session: string | null = null
  member: string | null = null
  readonly #emitter = new Emitter<P>()
  readonly #agenda: Agenda
  readonly #identity: Identity
  readonly #outbox: Outbox
  readonly #lists: Lists<P>
  readonly #myself: Myself
  readonly #driver: Driver
  /** `name`, `type`, `profile`, `timing` and who this is: for the next hello. */
  #hello: object
  #resumed = false
  /** The server's clock - ours. */
  #ahead = 0
  #unlisten: (() => void) | null

  constructor(options: ClientOptions<P>) {
    const { host = here(), member, getToken, observer, autoConnect = true } = options
    const url = addressOf(options.url, host)
    const { problem } = this.#emitter
    const agenda = new Agenda(host)
    const send = (message: object) => this.#driver.send(message)
    this.#hello = helloOf(options)
    this.#agenda = agenda
    this.#identity = new Identity(host, `systole ${url} ${member ?? ''}`, problem)
    this.#outbox = new Outbox(agenda, options.outbox ?? ROOM, send)
    this.#lists = new Lists(send, options.suspect === true, this.#emitter)
    this.#myself = new Myself(agenda, observer ? () => false : send, options.idleAfter ?? IDLE_AFTER)
    this.#driver = new Driver({
      host,
      agenda,
      identity: this.#identity,
      tokens: getToken ? this.#tokens(getToken) : null,
      ways: new Ways(options.transports ?? ['ws', 'sse'], url, host.storage, problem),
      hello: () => this.#hello,
      greeted: welcome => this.#greeted(welcome),
      heard: frame => this.#heard(frame),
      changed: change => this.#changed(change),
      problem,
    })
    this.#unlisten = host.listen(signal => this.#signalled(signal))
    // whoever made it can listen before anything happens
    if (autoConnect) void Promise.resolve().then(() => this.state === 'idle' && this.connect())
  }

  get state(): State {
    return this.#driver.state
  }

  get now(): number {
    return this.#agenda.now() + this.#ahead
  }

  connect(): void {
    if (this.#unlisten) this.#driver.step({ type: 'connect' })
  }

  probe(): void {
    this.#driver.step({ type: 'wake' })
  }

  leave(): void {
    this.#driver.step({ type: 'leave' })
  }

  destroy(): void {
    this.#driver.step({ type: 'destroy' })
    this.#unlisten?.()
    this.#unlisten = null
    this.#identity.destroy()
    this.#agenda.clear()
    this.#emitter.clear()
  }

  on<E extends keyof Events<P>>(event: E, listener: (what: Events<P>[E]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  send(data: P['up']): Sent {
    return this.#post({ t: 'message', data })
  }

  async deliver(data: P['up'], timeout = ANSWER): Promise<void> {
    await this.#outbox.request({ t: 'message', data }, timeout)
  }

  async ask(ids: readonly Id[]): Promise<readonly Member<P>[]> {
    const { entries } = await this.#outbox.request({ t: 'ask', members: ids.map(String) }, ANSWER)
    return entries as readonly Member<P>[]
  }

  watch(scope: WatchScope): Watch<P> {
    return this.#lists.watch(scope)
  }

  isOnline(id: Id): boolean {
    return !['offline', 'unknown', undefined].includes(this.#lists.find(id)?.state)
  }

  lastSeen(id: Id): number | null {
    return this.#lists.find(id)?.lastEvidenceAt ?? null
  }

  setStatus(status: Status | null): void {
    this.#myself.setStatus(status)
  }

  update(details: Details<P>): void {
    this.#hello = { ...this.#hello, ...details }
    this.#post({ t: 'update', ...details })
  }

  enter(group: Id): void {
    this.#myself.groups.add(`${group}`)
    this.#myself.tell()
  }

  exit(group: Id): void {
    this.#myself.groups.delete(`${group}`)
    this.#myself.tell()
  }

  #post(message: object): Sent {
    return this.state === 'closed' ? 'dropped' : this.#outbox.post(message)
  }

  #tokens(getToken: NonNullable<ClientOptions<P>['getToken']>): Tokens {
    return new Tokens({
      agenda: this.#agenda,
      getToken,
      refresh: async token => {
        const { tokenExpires } = await this.#outbox.request({ t: 'auth', token }, ANSWER)
        return tokenExpires === undefined ? null : time(tokenExpires) - this.now
      },
      unauthorized: () => this.#driver.step({ type: 'denied', final: true }),
      problem: this.#emitter.problem,
    })
  }

  #signalled(signal: Signal): void {
    if (signal === 'active') return this.#myself.active()
    this.#driver.signal(signal)
    this.#myself.hidden = this.#driver.hidden
    this.#myself.tell()
  }

  #greeted({ session, member, now, resumed }: Frame<'welcome'>): void {
    this.session = session
    this.member = member
    this.#ahead = now - this.#agenda.now()
    this.#resumed = resumed
  }

  #changed(change: StateChange): void {
    const { to, reason } = change
    if (reason === 'welcome') {
      this.#myself.greeted(this.#resumed)
      this.#lists.broke()
    }
    if (to === 'online') {
      this.#myself.tell()
      this.#lists.flush()
      this.#outbox.flush()
    } else if (to !== 'probing') this.#outbox.drop('lost', 'the connection broke', ({ sent }) => sent)
    if (to === 'closed') {
      const given = this.#outbox.drop('dropped', 'the client was closed', () => true)
      if (given > 0) this.#emitter.problem('dropped', `closed with ${given} messages unsent`)
    }
    this.#emitter.emit('state', change)
  }

  #heard(frame: Exclude<ServerMessage, Frame<'welcome' | 'moved'>>): void {
    switch (frame.t) {
      case 'beat':
        this.#ahead = time(frame.now) - this.#agenda.now()
        break
      case 'message':
        if (this.#emitter.emit('message', frame.data as P['down']) && frame.id !== undefined)
          this.#driver.send({ t: 'ack', id: frame.id })
        break
      case 'ack':
      case 'answer':
        this.#outbox.answered(frame)
        break
      case 'error':
        if (!this.#outbox.answered(frame) && !this.#lists.refused(frame))
          this.#emitter.problem('refused', `the server refused ${frame.re}: ${frame.message}`, {
            server: frame.code,
          })
        break
      case 'snapshot':
      case 'diff':
      case 'counts':
        this.#lists.heard(frame)
    }
  }
}

/** What a hello says of who this is, and of what it is like. */
function helloOf<P extends Payloads>({
  member,
  getToken,
  observer,
  name,
  type,
  profile,
  timing,
}: ClientOptions<P>): object {
  if ([member !== undefined, getToken, observer].filter(Boolean).length !== 1)
    throw new TypeError('give one of member, getToken, observer: who this client is')
  // an observer has no name
  return observer ? { observer, timing } : { member, name, type, profile, timing }
}

/** Without `URL` where the address is whole: not every place has one. */
function addressOf(url = '/', { base }: Host): string {
  if (/^wss?:/i.test(url)) return url
  try {
    const { protocol, href } = new URL(url, base ?? undefined)
    if (/^https?:/.test(protocol)) return href.replace(/^http|#.*/g, found => (found === 'http' ? 'ws' : ''))
  } catch {
    // said below
  }
  throw new TypeError(`url ${url} is no address: give wss://…, https://… or a path of the page's host`)
}
