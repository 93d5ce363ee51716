// A site whose pages run one client of the SDK each, bundled as a program's own build would do it, and how a test reads
// them. A page is its address: what it should be stands in there, so a reload or a copy is the same page again.

import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Client, ClientOptions, WatchScope } from '../../src/client/index.ts'
import { waitFor } from './wait.ts'

/** What a page should be. */
export interface SdkWish {
  readonly client: ClientOptions
  readonly watch?: WatchScope
  /** ms between entries in `ticks`. @default none */
  readonly ticks?: number
  /** What the browser is to lack. */
  readonly without?: readonly 'locks'[]
  /** Holds a Web Lock of its own for good. */
  readonly holdsLock?: boolean
}

/** One thing that happened in a page: `state` and `problem` are the client's, `frame` was sent, `close` was called. */
export interface Happened {
  readonly at: number
  readonly what: string
  readonly [more: string]: unknown
}

/** `window.sdk` of a page. */
export interface SdkStage {
  readonly client: Client
  readonly happened: readonly Happened[]
  readonly ticks: number[]
  /** States of those it watches. */
  seen(): Record<string, string>
}

const HTML = `<!doctype html><title>client</title><link rel="icon" href="data:,">
<script type="module" src="/sdk-page-script.js"></script>`
const ELSEWHERE = '<!doctype html><title>elsewhere</title><link rel="icon" href="data:,">'

export class SdkSite {
  readonly origin: string
  readonly #server: ReturnType<typeof Bun.serve>

  constructor(server: ReturnType<typeof Bun.serve>) {
    this.#server = server
    this.origin = `http://127.0.0.1:${server.port}`
  }

  /** `policy`: the Content-Security-Policy of its pages. */
  static async start(policy?: string): Promise<SdkSite> {
    const entry = fileURLToPath(new URL('sdk-page-script.ts', import.meta.url))
    const { outputs } = await Bun.build({ entrypoints: [entry], target: 'browser', splitting: true })
    const scripts = new Map(
      await Promise.all(
        outputs.map(async part => [part.path.replace('./', '/'), await part.text()] as const),
      ),
    )
    const fetch = ({ url }: Request) => {
      const { pathname } = new URL(url)
      const script = scripts.get(pathname)
      const [type, body] = script
        ? ['text/javascript', script]
        : ['text/html', pathname === '/elsewhere' ? ELSEWHERE : HTML]
      const headers = new Headers({ 'content-type': `${type}; charset=utf-8` })
      if (policy) headers.set('content-security-policy', policy)
      return new Response(body, { headers })
    }
    return new SdkSite(Bun.serve({ hostname: '127.0.0.1', port: 0, fetch }))
  }

  page(wish: SdkWish): string {
    return `${this.origin}/page?wish=${encodeURIComponent(JSON.stringify(wish))}`
  }

  stop(): Promise<void> {
    return this.#server.stop(true)
  }
}

/** Evaluates an expression in a page: what Playwright's pages and raw tabs have in common. */
export type Evaluate = <T>(expression: string) => Promise<T>

/** What a test asks of one page. */
export class SdkPage {
  readonly evaluate: Evaluate

  constructor(evaluate: Evaluate) {
    this.evaluate = evaluate
  }

  static of(page: Page): SdkPage {
    return new SdkPage(expression => page.evaluate(expression))
  }

  state(): Promise<string | null> {
    return this.evaluate<string | null>('window.sdk?.client.state ?? null').catch(() => null)
  }

  session(): Promise<string | null> {
    return this.evaluate('window.sdk.client.session')
  }

  async happened(what: string, since = 0): Promise<Happened[]> {
    const all = await this.evaluate<Happened[]>('window.sdk.happened')
    return all.filter(one => one.what === what && one.at >= since)
  }

  /** Changes of state in words: `online-probing wake`. */
  async changes(since = 0): Promise<string[]> {
    return (await this.happened('state', since)).map(({ from, to, reason }) => `${from}-${to} ${reason}`)
  }

  /** Sent frames of one type. */
  async frames(t: string, since = 0): Promise<Happened[]> {
    return (await this.happened('frame', since)).filter(({ text }) => JSON.parse(String(text)).t === t)
  }

  /** Epochs of its hellos so far. */
  async epochs(): Promise<number[]> {
    return (await this.frames('hello')).map(({ text }) => JSON.parse(String(text)).epoch as number)
  }

  is(state: string, withinMs = 10_000): Promise<true> {
    return waitFor(`the page to be ${state}`, async () => (await this.state()) === state, withinMs)
  }
}

/** A page in a context of its own, so with a memory of its own. */
export interface OpenPage {
  readonly context: BrowserContext
  readonly page: Page
  readonly sdk: SdkPage
}

/** `chance`: what `Math.random` always says there, in [0, 1). */
export async function openPage(browser: Browser, address: string, chance?: number): Promise<OpenPage> {
  const context = await browser.newContext()
  if (chance !== undefined) await context.addInitScript(`Math.random = () => ${chance}`)
  const page = await context.newPage()
  await page.goto(address)
  return { context, page, sdk: SdkPage.of(page) }
}
