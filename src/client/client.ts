// The client as a program has it: puts the parts together and answers for all of them. It decides nothing that the machine
// decides.

import type { ServerMessage } from '../protocol/messages.ts'
import { Agenda } from './agenda.ts'
import { Driver } from './driver.ts'
import { Emitter } from './emitter.ts'
import { areEntries, type Frame, isTime } from './frames.ts'
import type { Host } from './host.ts'
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
  Tell,
  Watch,
  WatchScope,
} from './types.ts'
import { Undelivered } from './types.ts'
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
  readonly #myself: Myself<P>
  readonly #driver: Driver
  readonly #observes: boolean
  #destroyed = false
  readonly #unlisten: () => void
  /** The server's clock - ours. */
  #ahead = 0

  constructor(options: ClientOptions<P>) {
    const { host = here(), member, getToken, observer = false } = options
    if ([member !== undefined, getToken !== undefined, observer].filter(Boolean).length !== 1)
      throw new TypeError('give one of member, getToken, observer: who this client is')
    const url = addressOf(options.url, host)
    const problem: Tell = (code, message, more) => this.#emitter.problem(code, message, more)
    const send = (message: object) => this.#driver.send(message)
    const agenda = new Agenda(host)
    this.#agenda = agenda
    this.#observes = observer
    this.#identity = new Identity(host, `systole ${url} ${member ?? ''}`, problem)
    this.#outbox = new Outbox({
      agenda,
      room: options.outbox ?? ROOM,
      send,
      isClosed: () => this.state === 'closed',
      problem,
    })
    this.#lists = new Lists({ send, suspect: options.suspect ?? false, emitter: this.#emitter })
    const idleAfter = observer ? false : (options.idleAfter ?? IDLE_AFTER)
    const isHidden = () => this.#driver.hidden
    this.#myself = new Myself({ agenda, idleAfter, isHidden, send }, options)
    const who = observer ? { observer } : { member: member === undefined ? undefined : String(member) }
    this.#driver = new Driver({
      agenda,
      random: host.random,
      identity: this.#identity,
      tokens: getToken === undefined ? null : this.#tokens(getToken, problem),
      ways: new Ways(options.transports ?? ['ws', 'sse'], url, host, problem),
      hello: () => ({ ...who, ...(!observer && this.#myself.details), timing: options.timing }),
      greeted: welcome => this.#greeted(welcome),
      heard: frame => this.#heard(frame),
      changed: change => this.#changed(change),
      problem,
    })
    this.#unlisten = host.listen(signal => {
      if (signal === 'active') this.#myself.active()
      else this.#driver.signal(signal)
      if (!this.#observes) this.#myself.tell()
    })
    // so that whoever made it can listen before anything happens
    if (options.autoConnect !== false)
      void Promise.resolve().then(() => this.state === 'idle' && this.connect())
  }

  get state(): State {
    return this.#driver.state
  }

  get now(): number {
    return this.#agenda.now() + this.#ahead
  }

  connect(): void {
    if (!this.#destroyed) this.#driver.step({ type: 'connect' })
  }

  probe(): void {
    this.#driver.step({ type: 'probe' })
  }

  leave(): void {
    this.#driver.step({ type: 'leave' })
  }

  destroy(): void {
    this.#destroyed = true
    this.#driver.step({ type: 'destroy' })
    this.#unlisten()
    this.#identity.destroy()
    this.#agenda.clear()
    this.#emitter.clear()
  }

  on<E extends keyof Events<P>>(event: E, listener: (what: Events<P>[E]) => void): () => void {
    return this.#emitter.on(event, listener)
  }

  send(data: P['up']): Sent {
    return this.#outbox.post({ t: 'message', data })
  }

  async deliver(data: P['up'], timeout = ANSWER): Promise<void> {
    await this.#outbox.request({ t: 'message', data }, timeout)
  }

  async ask(ids: readonly Id[]): Promise<readonly Member<P>[]> {
    const answer = await this.#outbox.request({ t: 'ask', members: ids.map(String) }, ANSWER)
    if ('entries' in answer && areEntries(answer.entries)) return answer.entries as readonly Member<P>[]
    throw new Undelivered('bad_frame', 'the server answered without entries')
  }

  watch(scope: WatchScope): Watch<P> {
    return this.#lists.watch(scope)
  }

  isOnline(id: Id): boolean {
    const state = this.#lists.find(id)?.state ?? 'unknown'
    return state !== 'offline' && state !== 'unknown'
  }

  lastSeen(id: Id): number | null {
    return this.#lists.find(id)?.lastEvidenceAt ?? null
  }

  setStatus(status: Status | null): void {
    this.#myself.setStatus(status)
  }

  update(details: Details<P>): void {
    this.#myself.update(details)
    this.#outbox.post({ t: 'update', ...details })
  }

  enter(group: Id): void {
    this.#myself.enter(group)
  }

  exit(group: Id): void {
    this.#myself.exit(group)
  }

  #tokens(provider: NonNullable<ClientOptions<P>['getToken']>, problem: Tell): Tokens {
    return new Tokens({
      agenda: this.#agenda,
      provider,
      refresh: async token => {
        // the next hello carries it
        if (this.state !== 'online') return null
        const answer = (await this.#outbox.request({ t: 'auth', token }, ANSWER)) as Frame<'ack'>
        return isTime(answer.tokenExpires) ? answer.tokenExpires - this.now : null
      },
      unauthorized: () => this.#driver.step({ type: 'denied', final: true }),
      problem,
    })
  }

  #greeted({ session, member, now }: Frame<'welcome'>): void {
    this.session = session
    this.member = member
    this.#ahead = now - this.#agenda.now()
  }

  #changed(change: StateChange): void {
    if (change.to === 'closed') this.#outbox.close()
    else if (change.to !== 'online' && change.to !== 'probing') this.#outbox.broke()
    if (change.reason === 'answer') this.#catchUp()
    this.#emitter.emit('state', change)
  }

  /** A connection lives: tells what could not be told before. */
  #catchUp(): void {
    if (!this.#observes) this.#myself.tell()
    this.#lists.flush()
    this.#outbox.flush()
  }

  #heard(frame: ServerMessage): void {
    switch (frame.t) {
      case 'welcome':
        if (!this.#observes) this.#myself.greeted(frame.resumed)
        this.#lists.greeted()
        return this.#outbox.flush()
      case 'beat':
        if (isTime(frame.now)) this.#ahead = frame.now - this.#agenda.now()
        return
      case 'message':
        return this.#message(frame)
      case 'ack':
      case 'answer':
        return void this.#outbox.answered(frame)
      case 'error':
        return this.#refused(frame)
      default:
        this.#lists.heard(frame)
    }
  }

  #message({ data, id }: Frame<'message'>): void {
    const taken = this.#emitter.emit('message', data as P['down'])
    if (taken && id !== undefined) this.#driver.send({ t: 'ack', id })
  }

  #refused(frame: Frame<'error'>): void {
    if (this.#outbox.answered(frame) || this.#lists.refused(frame)) return
    const { code, message, re } = frame
    this.#emitter.problem('refused', `the server refused ${re ?? 'the connection'}: ${message}`, {
      server: code,
    })
  }
}

/** Without the host's URL where it is whole: not every place has one. */
function addressOf(url = '/', { base }: Host): string {
  if (/^wss?:/i.test(url)) return url
  try {
    const address = new URL(url, base ?? undefined)
    if (/^https?:$/.test(address.protocol)) return address.href.replace(/^http/, 'ws').replace(/#.*/, '')
  } catch {
    // said below
  }
  throw new TypeError(
    `url ${JSON.stringify(url)} is no address: give wss://…, https://… or a path of the page's host`,
  )
}
