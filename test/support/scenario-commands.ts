// What each command of a scenario file does to the stage. The list stands in test/scenarios/README.md.

import type { BreakCause, DetectorEvent } from '../../src/core/change.ts'
import { makeTerms, type Terms } from '../../src/core/terms.ts'
import { PRESETS } from '../../src/core/timing.ts'
import { HTTP } from '../../src/dialects/http-terms.ts'
import type { Reason } from '../../src/protocol/words.ts'
import { factCommands } from './scenario-facts.ts'
import { type Note, printMember, printNotes, seconds } from './scenario-printer.ts'
import { type Link, Stage } from './scenario-stage.ts'
import { duration, namesOf, termsOf, type Words, wordsOf } from './scenario-words.ts'

type Command = (words: Words) => void

/** Runs the commands of one scenario, block by block. */
export class Scenario {
  readonly #stage = new Stage()
  readonly #terms = new Map<string, Terms>(
    Object.entries(PRESETS).map(([name, timing]) => [name, makeTerms('native', timing)]),
  )
  readonly #links = new Map<string, Link>()

  readonly #commands: Readonly<Record<string, Command>> = {
    clock: ({ names }) => this.#stage.reset(Number(names[0]), this.#stage.options),
    breaker: ({ options }) => {
      const breaker = Object.fromEntries([...options].map(([key, value]) => [key, numberOf(value)]))
      this.#stage.reset(this.#stage.now, { breaker })
    },
    terms: ({ names, options }) => {
      const [name, base = 'web'] = names
      this.#terms.set(name!, termsOf(this.#terms.get(base), base, options))
    },
    mute: ({ names }) => addAll(this.#stage.muted, names),
    begin: words => this.#begin(words),
    many: ({ names, options }) => this.#many(names, options),
    beat: words => this.#evidence(words),
    frame: words => this.#evidence(words),
    pong: words => this.#evidence(words),
    answer: ({ names }) => addAll(this.#stage.answering, names.flatMap(namesOf)),
    ignore: ({ names }) => {
      for (const name of names.flatMap(namesOf)) this.#stage.answering.delete(name)
    },
    break: ({ names, options }) => this.#break(names, options),
    withdraw: ({ names }) => this.#stage.apply({ type: 'withdraw', link: this.#link(names[0]!) }),
    goodbye: ({ names }) => this.#end(names, 'left'),
    kick: ({ names }) => this.#end(names, 'kicked'),
    expire: ({ names }) => this.#end(names, 'expired'),
    hide: words => this.#visibility(words, 'hide'),
    show: words => this.#visibility(words, 'show'),
    update: ({ names, options }) => this.#update(names[0]!, options),
    agree: ({ names, options }) => {
      const terms = this.#termsCalled(options.get('terms'))
      this.#stage.apply({ type: 'terms', session: this.#stage.session(names[0]!), terms })
    },
    advance: ({ names, options }) => {
      const every = options.has('every') ? duration(options.get('every')) : Number.POSITIVE_INFINITY
      this.#stage.advance(duration(names[0]), every, () => this.#come(options))
    },
    stall: ({ names, options }) => this.#stage.stall(duration(names[0]), () => this.#come(options)),
    restart: ({ options }) => {
      this.#stage.now += duration(options.get('down') ?? '0ms')
      this.#stage.restart(duration(options.get('grace') ?? '35s'))
    },
    members: ({ names }) => this.#members(names),
    counts: () => this.#counts(),
    ...factCommands(() => this.#stage, detailsOf),
    held: ({ names }) => this.#held(names),
  }

  /** What the commands print. */
  run(lines: readonly string[]): string[] {
    for (const line of lines) {
      const words = wordsOf(line)
      const command = this.#commands[words.verb]
      if (command === undefined) throw new Error(`no such command: ${line}`)
      command(words)
    }
    const printed = this.#stage.lines
    this.#stage.lines = []
    return printed
  }

  #begin({ names, options }: Words): void {
    const [name, member = '-', ...flags] = names
    this.#stage.apply(this.#beginning(name!, member, options, flags), name!)
  }

  #many([count, prefix = 'm', kind = '']: readonly string[], options: ReadonlyMap<string, string>): void {
    const all = Array.from({ length: Number(count) }, (_, i) => `${prefix}${i + 1}`)
    this.#stage.play(
      all.map(name => ({
        event: this.#beginning(name, kind === 'anonymous' ? '-' : name, options, [kind]),
        name,
      })),
    )
  }

  #beginning(
    name: string,
    member: string,
    options: ReadonlyMap<string, string>,
    flags: readonly string[],
  ): DetectorEvent<Link> {
    const request = {
      member: member === '-' ? null : member,
      instance: options.get('instance') ?? null,
      epoch: Number(options.get('epoch') ?? 0),
      terms: this.#termsCalled(options.get('terms')),
      link: flags.includes('linkless') ? null : this.#link(options.get('link') ?? name),
      details: detailsOf(options),
      beat: flags.includes('beat'),
      away: flags.includes('away'),
    }
    const nameless = options.get('nameless')
    if (nameless === undefined) return { type: 'begin', request }
    return { type: 'begin', request: { ...request, nameless: this.#stage.session(nameless) } }
  }

  // A frame that comes by a link the session is no longer on is dropped at the door, as the server does.
  #evidence({ verb, names, options }: Words): void {
    const { detector, now, start, lines } = this.#stage
    const on = options.get('on')
    const dropped: Note[] = []
    for (const who of names.flatMap(namesOf)) {
      const session = this.#stage.session(who)
      const gone = session.link === null && session.terms.dialect !== HTTP
      if (gone || (on !== undefined && session.link?.name !== on))
        dropped.push({ verb: 'dropped', who, rest: '' })
      else if (verb === 'beat') detector.beat(session, now)
      else if (verb === 'frame') detector.frame(session, now)
      else detector.control(session, now)
    }
    lines.push(...printNotes(dropped, seconds(now, start)))
  }

  // `beat=… frame=… pong=…` of a command that lets time pass.
  #come(options: ReadonlyMap<string, string>): void {
    for (const verb of ['beat', 'frame', 'pong']) {
      const list = options.get(verb)
      if (list !== undefined) this.#evidence({ verb, names: [list], options: new Map() })
    }
  }

  #break([list, cause]: readonly string[], options: ReadonlyMap<string, string>): void {
    const events = namesOf(list!).map(name => {
      const session = this.#stage.session(name)
      const on = options.get('on')
      const link = on === undefined ? (session.link ?? this.#link(name)) : this.#link(on)
      return { event: { type: 'broke', session, link, cause: cause as BreakCause } as const }
    })
    this.#stage.play(events)
  }

  #end(lists: readonly string[], reason: Reason): void {
    const names = lists.flatMap(namesOf)
    this.#stage.play(
      names.map(name => ({ event: { type: 'end', session: this.#stage.session(name), reason } })),
    )
  }

  // Both are messages, so evidence too.
  #visibility(words: Words, type: 'hide' | 'show'): void {
    this.#evidence({ ...words, verb: 'frame' })
    for (const name of words.names.flatMap(namesOf))
      this.#stage.apply({ type, session: this.#stage.session(name) })
  }

  #update(name: string, options: ReadonlyMap<string, string>): void {
    const details = detailsOf(options)
    if (details === null) throw new Error('update what?')
    this.#stage.apply({ type: 'update', session: this.#stage.session(name), details })
  }

  #members(names: readonly string[]): void {
    const { ledger, start, lines, settled } = this.#stage
    const ids = names.length === 0 ? ledger.catalog.all.after(null, 20).map(({ id }) => id) : names
    for (const id of ids) {
      const member = ledger.members.get(id)
      lines.push(member === undefined ? `${id}: unknown` : printMember(member, start, settled))
    }
  }

  #counts(): void {
    const { online, away, suspect, offline } = this.#stage.ledger.counts
    this.#stage.lines.push(`online=${online} away=${away} suspect=${suspect} offline=${offline}`)
  }

  #held(lists: readonly string[]): void {
    const { detector, now, lines } = this.#stage
    const all = lists.flatMap(namesOf)
    const held = all.filter(name => detector.isHeld(this.#stage.session(name), now))
    lines.push(`held ${held.length} of ${all.length}`)
  }

  #termsCalled(name = 'web'): Terms {
    const terms = this.#terms.get(name)
    if (terms === undefined) throw new Error(`no terms are called ${name}`)
    return terms
  }

  #link(name: string): Link {
    const link = this.#links.get(name) ?? { name }
    this.#links.set(name, link)
    return link
  }
}

function detailsOf(options: ReadonlyMap<string, string>): Record<string, string> | null {
  const found = ['name', 'type', 'profile'].filter(key => options.has(key))
  return found.length === 0 ? null : Object.fromEntries(found.map(key => [key, options.get(key)!]))
}

function numberOf(word: string): number {
  return /[a-z]$/.test(word) ? duration(word) : Number(word)
}

function addAll(set: Set<string>, names: readonly string[]): void {
  for (const name of names) set.add(name)
}
