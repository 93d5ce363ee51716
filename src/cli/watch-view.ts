// How a watch is shown: for people the list and then a line for each change, for programs a JSON object a line. Text
// comes out; where it goes, and whether colour may be in it, is the caller's choice.

import type { Entry } from '../protocol/messages.ts'
import type { ListFrame } from './observer.ts'
import { fit, textWidth } from './text-width.ts'
import { jsonLine, visible } from './visible.ts'
import { type ListStep, WatchList } from './watch-list.ts'
import { changeInWords, type Tone } from './watch-words.ts'
import { type WhoMember, whoTable } from './who-table.ts'

/** Takes what the observer tells; gives what is to be written, often nothing. `now`: the server's ms since 1970. */
export interface WatchView {
  frame(frame: ListFrame, now: number): string
  lost(why: string, now: number): string
}

const COLOURS: Readonly<Record<Tone, string>> = { good: '32', bad: '31', doubt: '33', plain: '' }
const NARROW = 12
const WIDE = 40

/** `clock` writes a time of day. */
export class TextView implements WatchView {
  readonly #list = new WatchList()
  readonly #colour: boolean
  readonly #clock: (at: number) => string
  #width = NARROW
  #now = 0

  constructor(colour: boolean, clock: (at: number, now: number) => string) {
    this.#colour = colour
    this.#clock = at => clock(at, this.#now)
  }

  frame(frame: ListFrame, now: number): string {
    this.#now = now
    const step = this.#list.apply(frame)
    if (step.what === 'first') return `${whoTable([...this.#list.entries.values()].map(rowOf), now)}\n`
    return this.#heading(frame, step) + step.changes.map(change => this.#line(frame.of, change)).join('')
  }

  lost(why: string, now: number): string {
    this.#now = now
    return this.#note(`connection lost (${visible(why)}): trying again`)
  }

  #heading(frame: ListFrame, { what }: ListStep): string {
    if (what === 'anew')
      return this.#note(
        'reset: not every change since is known; these are the differences to the list before',
      )
    if (frame.t === 'diff' && frame.resumed) return this.#note('connected again: nothing was missed')
    return ''
  }

  #line(of: ListFrame['of'], { before, after }: ListStep['changes'][number]): string {
    const said = changeInWords(of, before, after)
    if (said === null) return ''
    const label = labelOf(after, before)
    this.#width = Math.min(WIDE, Math.max(this.#width, textWidth(label)))
    const time = this.#clock(said.at ?? this.#now)
    return `${time}  ${fit(label, this.#width)}  ${this.#painted(said.words, said.tone)}\n`
  }

  #note(text: string): string {
    return `${this.#clock(this.#now)}  -- ${text}\n`
  }

  #painted(words: string, tone: Tone): string {
    const colour = COLOURS[tone]
    return this.#colour && colour !== '' ? `\u001b[${colour}m${words}\u001b[0m` : words
  }
}

/** Every entry as it came, with the `kind` of its frame; and a line for what happens to the watch itself. */
export class JsonView implements WatchView {
  #begun = false
  #count = 0

  frame(frame: ListFrame): string {
    const entries = frame.entries.map(entry => jsonLine({ kind: frame.t, ...entry })).join('')
    if (frame.t === 'diff') return (frame.resumed ? jsonLine({ kind: 'resumed' }) : '') + entries
    return this.#restart(frame.part) + entries + this.#whole(frame)
  }

  lost(why: string): string {
    return jsonLine({ kind: 'lost', why })
  }

  #restart(part: number): string {
    if (part !== 0) return ''
    this.#count = 0
    const again = this.#begun
    this.#begun = true
    return again ? jsonLine({ kind: 'reset' }) : ''
  }

  #whole({ entries, more }: Extract<ListFrame, { t: 'snapshot' }>): string {
    this.#count += entries.length
    return more ? '' : jsonLine({ kind: 'listed', members: this.#count })
  }
}

function labelOf({ member, name }: Entry, before: Entry | undefined): string {
  const called = name ?? before?.name
  return called === undefined || called === member
    ? visible(member)
    : `${visible(member)} (${visible(called)})`
}

function rowOf({ member, name, type, state, since, lastEvidenceAt, reason, held }: Entry): WhoMember {
  return {
    id: member,
    name: name ?? null,
    type: type ?? null,
    state,
    since: since ?? null,
    lastEvidenceAt: lastEvidenceAt ?? null,
    reason: reason ?? null,
    ...(held && { held }),
  }
}
