// Reads what a request carries up to an event stream: text frames, one a line. It bounds what it takes in and says what
// is wrong with it; it delivers nothing.

/** What of a body is no frame. */
export interface BodyFault {
  readonly status: number
  /** For people. */
  readonly body: string
  /** The code its stream ends with; `null`: it goes on. */
  readonly code: number | null
}

export interface Body {
  /** Those before the fault, in order. */
  readonly frames: readonly string[]
  readonly fault: BodyFault | null
}

/** What a body may hold besides one frame of the largest size. */
const ROOM = 4 * 1024 * 1024
const MOST_FRAMES = 1_000
const TYPES = ['text/plain', 'application/json']

/** Reads to the end also what it refuses: a body that nobody read would cost its connection, and the next request. */
export async function readFrames(request: Request, maxMessage: number): Promise<Body> {
  const bytes = await readAll(request, maxMessage + ROOM)
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== undefined && !TYPES.includes(type))
    return faulty(415, `frames are sent as ${TYPES.join(' or ')}`, null)
  if (typeof bytes === 'string') return faulty(400, bytes, null)
  if (bytes === null) return faulty(413, `a request is at most ${maxMessage + ROOM} bytes`, 1009)
  const text = textOf(bytes)
  return text === null ? faulty(400, 'the body is no UTF-8', 1007) : split(text, maxMessage)
}

function faulty(status: number, body: string, code: number | null, frames: readonly string[] = []): Body {
  return { frames, fault: { status, body, code } }
}

/** `null`: more than `most`; a text: why there is no body. */
async function readAll(request: Request, most: number): Promise<Uint8Array | string | null> {
  const told = request.headers.get('content-length')
  if (Number(told) > most) return null
  try {
    if (told !== null) return new Uint8Array(await request.arrayBuffer())
    return await gather(request.body, most)
  } catch {
    return 'the body broke off'
  }
}

async function gather(body: ReadableStream<Uint8Array> | null, most: number): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body ?? []) {
    size += part.length
    if (size > most) return null
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

function split(text: string, maxMessage: number): Body {
  const frames: string[] = []
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue
    if (frames.length === MOST_FRAMES)
      return faulty(413, `a request holds at most ${MOST_FRAMES} frames`, 1009, frames)
    if (line.length * 3 > maxMessage && Buffer.byteLength(line) > maxMessage)
      return faulty(413, `a frame is at most ${maxMessage} bytes`, 1009, frames)
    frames.push(line)
  }
  return { frames, fault: null }
}
