// The observer on a clock and sockets that the test moves: hello, watch and beats, every kind of break, and when it
// gives up.

import { beforeEach, describe, expect, test } from 'bun:test'
import { Observer, type ObserverEvent, type SocketHandlers, type Watched } from './observer.ts'

/** One connection, as the server would see it. */
class Link {
  readonly sent: string[] = []
  closed = false
  readonly handlers: SocketHandlers

  constructor(handlers: SocketHandlers) {
    this.handlers = handlers
  }

  send(text: string): void {
    this.sent.push(text)
  }

  close(): void {
    this.closed = true
  }

  says(frame: object): void {
    this.handlers.text(JSON.stringify(frame))
  }

  welcome(now = 1_000_000): void {
    this.handlers.opened('systole.v1')
    this.says({ t: 'welcome', session: '1', member: null, timing: TIMING, now })
  }

  get last(): unknown {
    return JSON.parse(this.sent.at(-1)!)
  }
}

const TIMING = { interval: 10_000, timeout: 5_000, grace: 10_000 }
const BEAT = '{"t":"beat"}'
const ALL: Watched = { all: true }

let links: Link[]
let events: ObserverEvent[]
let now: number
let timer: { at: number; run: () => void } | null
let chance: number
let observer: Observer

function make(watched: Watched = ALL, token: string | null = null): void {
  links = []
  events = []
  now = 5_000
  timer = null
  chance = 0.5
  observer = new Observer(watched, {
    connect(handlers) {
      const link = new Link(handlers)
      links.push(link)
      return link
    },
    clock: {
      now: () => now,
      after(ms, run) {
        expect(timer).toBeNull()
        const mine = { at: now + ms, run }
        timer = mine
        return () => {
          if (timer === mine) timer = null
        }
      },
    },
    random: () => chance,
    token,
    tell: event => events.push(event),
  })
  observer.start()
}

/** Moves the clock; `late`: timers run only at the end, as after a stop. */
function advance(ms: number, late = false): void {
  const end = now + ms
  while (timer !== null && timer.at <= end) {
    const { at, run } = timer
    now = late ? end : at
    timer = null
    run()
  }
  now = end
}

const link = () => links.at(-1)!
const snapshot = (cursor: string) => ({ t: 'snapshot', of: 'all', part: 0, entries: [], cursor })
const ended = () => events.flatMap(event => (event.what === 'ended' ? [event.end] : []))

beforeEach(() => make())

describe('one connection', () => {
  test('says hello, then watches', () => {
    make({ members: ['7'], suspect: true })
    expect(link().sent).toEqual([])
    link().welcome()
    expect(link().sent).toEqual([
      '{"t":"hello","observer":true}',
      '{"t":"watch","members":["7"],"suspect":true,"id":1}',
    ])
  })

  test("tells frames with the server's time", () => {
    link().welcome(1_000_000)
    advance(500)
    link().says(snapshot('c1'))
    expect(events).toMatchObject([{ what: 'frame', frame: { t: 'snapshot' }, now: 1_000_500 }])
    link().says({ t: 'beat', now: 2_000_000 })
    link().says({ t: 'diff', of: 'all', entries: [] })
    expect(events.at(-1)).toMatchObject({ now: 2_000_000 })
  })

  test('what is no frame, or unknown, changes nothing', () => {
    link().welcome()
    for (const text of ['', '7', 'null', '{"t":"later"}', '{"t":"diff"}', '{']) link().handlers.text(text)
    expect(events).toEqual([])
  })

  test('beats every 0.8 x interval as long as the server answers', () => {
    link().welcome()
    for (let round = 1; round <= 3; round++) {
      advance(7_999)
      expect(link().sent.filter(text => text === BEAT)).toHaveLength(round - 1)
      advance(1)
      expect(link().sent.filter(text => text === BEAT)).toHaveLength(round)
      link().says({ t: 'beat', now: 1 })
    }
    expect(links).toHaveLength(1)
  })

  test('any frame answers a beat', () => {
    link().welcome()
    advance(8_000)
    link().says({ t: 'diff', of: 'all', entries: [] })
    advance(7_999)
    expect([links.length, link().closed]).toEqual([1, false])
  })
})

describe('breaks', () => {
  test('a beat that is not answered in time: leaves the connection and comes back', () => {
    link().welcome()
    link().says(snapshot('c1'))
    advance(8_000 + 4_999)
    expect(link().closed).toBe(false)
    advance(1)
    expect(link().closed).toBe(true)
    expect(events.at(-1)).toMatchObject({ what: 'lost', why: 'a beat was not answered' })
    advance(500)
    expect(links).toHaveLength(2)
    // what the old one still brings is nobody's
    links[0]!.says(snapshot('old'))
    links[0]!.handlers.closed(1006, '')
    link().welcome()
    expect([links.length, link().last]).toEqual([2, { t: 'watch', all: true, cursor: 'c1', id: 1 }])
  })

  test('after a stop of this program it asks once more before it leaves', () => {
    link().welcome()
    advance(8_000)
    advance(60_000, true)
    expect(link().closed).toBe(false)
    expect(link().sent.filter(text => text === BEAT)).toHaveLength(2)
    link().says({ t: 'beat', now: 1 })
    advance(4_000)
    expect(links).toHaveLength(1)
  })

  test('goes on from the last cursor of a whole batch', () => {
    link().welcome()
    link().says(snapshot('c1'))
    link().says({ t: 'diff', of: 'all', entries: [], cursor: 'c2' })
    link().says({ t: 'diff', of: 'all', entries: [] })
    link().handlers.closed(1006, '')
    advance(500)
    link().welcome()
    expect(link().last).toMatchObject({ cursor: 'c2' })
  })

  test('a list that was cut short is asked for anew', () => {
    link().welcome()
    link().says({ t: 'snapshot', of: 'all', part: 0, entries: [], more: true })
    link().handlers.closed(1006, '')
    advance(500)
    link().welcome()
    expect(link().last).toEqual({ t: 'watch', all: true, id: 1 })
  })

  test('waits longer with every try in vain, says so once, and begins short again once a beat was answered', () => {
    link().welcome()
    const waits: number[] = []
    const fail = () => {
      link().handlers.closed(1006, '')
      waits.push(timer!.at - now)
      advance(timer!.at - now)
    }
    for (let i = 0; i < 7; i++) fail()
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
    expect(events.map(event => event.what)).toEqual(['lost'])
    link().welcome()
    fail()
    expect(waits.at(-1)).toBe(15_000)
    link().welcome()
    advance(8_000)
    link().says({ t: 'beat', now: 1 })
    fail()
    expect(waits.at(-1)).toBe(500)
    expect(events.map(event => event.what)).toEqual(['lost', 'lost', 'lost'])
  })

  test('never at once, however chance falls', () => {
    link().welcome()
    chance = 0
    link().handlers.closed(1006, '')
    expect(timer!.at - now).toBe(250)
  })

  test('a connection that never says welcome is left', () => {
    link().welcome()
    link().handlers.closed(1006, '')
    advance(500)
    advance(10_000)
    expect(links[1]!.closed).toBe(true)
    advance(1_000)
    expect(links).toHaveLength(3)
  })

  test.each([
    [1012, 'server restarts', 'the server restarts'],
    [1006, '', 'the connection broke'],
    [1013, 'try again later', 'try again later (1013)'],
    [1005, '', 'closed with 1005'],
  ])('closed with %i: says %p', (code, reason, why) => {
    link().welcome()
    link().handlers.closed(code, reason)
    expect(events).toMatchObject([{ what: 'lost', why }])
  })

  test('moved: comes back within the time it was told', () => {
    link().welcome()
    link().says({ t: 'moved', retryAfter: { min: 20_000, max: 40_000 } })
    link().handlers.closed(1012, 'moved')
    advance(29_999)
    expect(links).toHaveLength(1)
    advance(1)
    expect(links).toHaveLength(2)
  })

  test('4429: comes back, and says why', () => {
    link().welcome()
    link().says({ t: 'error', code: 'too_fast', message: 'too many frames' })
    link().handlers.closed(4429, 'too_fast')
    expect(events).toMatchObject([{ what: 'lost', why: 'too many frames' }])
  })
})

describe('cursors', () => {
  test.each(['bad_cursor', 'cursor_ahead'])('%s: watches anew', code => {
    link().welcome()
    link().says(snapshot('c1'))
    link().handlers.closed(1006, '')
    advance(500)
    link().welcome()
    link().says({ t: 'error', code, message: 'no', re: 'watch', id: 1 })
    expect(link().last).toEqual({ t: 'watch', all: true, id: 1 })
    expect(ended()).toEqual([])
  })
})

describe('the end', () => {
  test('nobody answers at the first try', () => {
    link().handlers.closed(1006, '')
    expect(ended()).toEqual([{ how: 'unreachable', why: 'the connection broke' }])
    expect(timer).toBeNull()
  })

  test('somebody answers, but never says welcome', () => {
    link().handlers.opened('systole.v1')
    advance(10_000)
    expect(ended()).toEqual([{ how: 'unreachable', why: 'no answer in time' }])
  })

  test('somebody answers who does not speak the protocol', () => {
    link().handlers.opened('')
    expect(ended()).toMatchObject([{ how: 'refused', code: 'unsupported' }])
    expect(link().closed).toBe(true)
  })

  test('the hello is refused', () => {
    link().handlers.opened('systole.v1')
    link().says({ t: 'error', code: 'auth_off', message: 'no tokens here' })
    link().handlers.closed(4510, 'auth_off')
    expect(ended()).toEqual([{ how: 'refused', code: 'auth_off', message: 'no tokens here' }])
  })

  test('kicked, later: does not come back', () => {
    link().welcome()
    link().handlers.closed(4500, 'kicked')
    expect(ended()).toEqual([{ how: 'refused', code: '4500', message: 'kicked' }])
    expect([timer, links.length]).toEqual([null, 1])
  })

  test('the watch is refused', () => {
    link().welcome()
    link().says({ t: 'error', code: 'bad_id', message: 'no id', re: 'watch', id: 1, field: 'members' })
    expect(ended()).toMatchObject([{ how: 'refused', code: 'bad_id' }])
    expect(link().closed).toBe(true)
  })

  test('stop says goodbye', () => {
    link().welcome()
    observer.stop()
    expect([link().last, link().closed]).toEqual([{ t: 'bye' }, true])
    link().handlers.closed(1000, 'bye')
    expect(events).toEqual([{ what: 'ended', end: { how: 'left' } }])
    expect(timer).toBeNull()
  })

  test('stop between two tries', () => {
    link().welcome()
    link().handlers.closed(1006, '')
    observer.stop()
    advance(60_000)
    expect([ended(), links.length, link().last]).toEqual([
      [{ how: 'left' }],
      1,
      { t: 'watch', all: true, id: 1 },
    ])
  })
})

describe('a server that asks for a token', () => {
  test('is shown it in every hello', () => {
    make(ALL, 'sesame')
    links[0]!.handlers.opened('systole.v1')
    expect(links[0]!.last).toEqual({ t: 'hello', observer: true, token: 'sesame' })
  })

  test.each(['unauthorized', 'expired', 'auth_off'])('and says %s: it is not asked again', code => {
    make(ALL, 'sesame')
    links[0]!.handlers.opened('systole.v1')
    links[0]!.says({ t: 'error', code, message: 'no' })
    links[0]!.handlers.closed(4_401, '')
    expect(events).toEqual([{ what: 'ended', end: { how: 'refused', code, message: 'no' } }])
    expect(links).toHaveLength(1)
  })
})
