// A way to the server without WebSocket: an event stream down, requests up (PROTOCOL.md, Event streams), by nothing but
// `fetch`. It keeps the order of what is sent, and ends at the first thing it does not understand; it never reconnects.

import type { ClientTransport, Line, LineEvents } from './host.ts'

/** What one request carries at most: texts, and characters before the last one. */
const TEXTS = 500
const CHARACTERS = 1e6
/** Engines refuse to finish a larger request for a page that is gone. */
const OUTLIVES_PAGE = 2e4
/** ms that the server may take to answer a request. */
const PATIENCE = 1e4
/** Characters of one line of a stream. */
const LONGEST = 3e7

export const sse: ClientTransport = { name: 'sse', pings: false, connect }

function connect(address: string, told: LineEvents): Line {
  const down = new AbortController()
  let url = `${address.replace('ws', 'http') + (address.includes('?') ? '&' : '?')}transport=sse`
  let up = ''
  let mute = false
  let busy = false
  let closing = 0
  const texts: string[] = []

  const end = (code: number, reason: string): void => {
    const wasMute = mute
    mute = true
    up = ''
    down.abort()
    if (!wasMute) told.closed(code, reason)
  }

  const lost = (error: unknown): void => end(1006, `${error}`)

  const event = (name: string, data: string): void => {
    if (mute) return
    if (name === 'open') {
      up = `${url}&stream=${JSON.parse(data).stream}`
      told.opened('systole.v1')
      void post()
    } else if (name === 'close') {
      const { code, reason } = JSON.parse(data)
      end(Number(code) || 1006, `${reason}`)
    } else if (!name && up) told.text(data)
  }

  const read = async (): Promise<void> => {
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream' },
      signal: down.signal,
    })
    const type = `${response.headers.get('content-type')}`
    if (response.status !== 200 || !type.startsWith('text/event-stream'))
      throw `answered ${response.status} ${type}: no event stream`
    url = response.url
    const take = parser(event)
    const parts = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    for (let part = await parts.read(); !part.done; part = await parts.read()) take(part.value)
    throw 'the stream ended'
  }

  const post = async (): Promise<void> => {
    if (!up || busy || !(texts.length || closing)) return
    let body = ''
    for (let left = TEXTS; left-- && texts.length && body.length < CHARACTERS; ) body += `${texts.shift()}\n`
    const last = closing && !texts.length
    const to = last ? `${up}&close=${closing}` : up
    if (last) up = ''
    busy = true
    try {
      const { status } = await fetch(to, {
        method: 'POST',
        body,
        keepalive: body.length < OUTLIVES_PAGE,
        signal: AbortSignal.timeout(PATIENCE),
      })
      if (status !== 204) throw `answered ${status}`
      busy = false
      if (last) down.abort()
      else void post()
    } catch (error) {
      lost(error)
    }
  }

  const close = (code: number): void => {
    if (closing) return
    closing = code
    mute = true
    // A page that is put aside runs no code afterwards: nothing is waited for.
    if (code !== 1000) busy = false
    if (up) void post()
    else down.abort()
  }

  read().catch(lost)

  return {
    send(text) {
      if (mute) return
      // In the next turn: what is said together goes together.
      if (texts.push(text) === 1) queueMicrotask(post)
    },
    close,
    leaving: () => close(1001),
  }
}

/** Takes the text of a stream in parts of any size, and gives its events; '' is the name of those without one. */
function parser(event: (name: string, data: string) => void): (part: string) => void {
  let rest = ''
  let name = ''
  let data: string[] = []
  return part => {
    const lines = (rest + part).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop()!
    if (rest.length > LONGEST) throw 'endless line'
    for (const line of lines) {
      const [, field, value] = /^(\w*):? ?(.*)/s.exec(line)!
      if (field === 'event') name = value!
      else if (field === 'data') data.push(value!)
      else if (!line) {
        if (data.length) event(name, data.join('\n'))
        name = ''
        data = []
      }
    }
  }
}
