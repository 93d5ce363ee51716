// Asks another server over HTTP, and never waits longer, reads more or goes elsewhere than was agreed. It knows nothing of
// what is asked.

/** What fetches; the global `fetch` is one. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** How far one request may go. */
export interface Bounds {
  /** Milliseconds for the whole of it. */
  readonly within: number
  /** Bytes of the answer. */
  readonly most: number
  /** A signal that comes after so many ms. */
  readonly timeout: (ms: number) => AbortSignal
}

export interface OutsideAnswer {
  readonly status: number
  readonly text: string
}

/** The answer as text. Rejects with an `Error` whose message tells why there is none. */
export function askOutside(
  fetch: Fetch,
  url: string,
  init: RequestInit,
  bounds: Bounds,
): Promise<OutsideAnswer> {
  const signal = bounds.timeout(bounds.within)
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no whole answer within ${bounds.within} ms`)), {
      once: true,
    })
  })
  return Promise.race([answerOf(fetch, url, { ...init, signal, redirect: 'manual' }, bounds.most), late])
}

async function answerOf(fetch: Fetch, url: string, init: RequestInit, most: number): Promise<OutsideAnswer> {
  const response = await fetch(url, init)
  const { status } = response
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    letGo(response.body)
    throw new Error(`it redirects (${status}), which is not followed: give the address it redirects to`)
  }
  return { status, text: await limitedText(response, most) }
}

async function limitedText({ body }: Response, most: number): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  const reader = body.getReader()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.length
    if (bytes > most) {
      letGo(reader)
      throw new Error(`its answer is over ${most} bytes`)
    }
    text += decoder.decode(value, { stream: true })
  }
}

// Not waited for: who sends too much may also be slow to stop.
function letGo(body: { cancel(): Promise<void> } | null): void {
  body?.cancel().catch(() => {})
}
