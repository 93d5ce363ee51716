// A Chromium whose tabs can be hidden as a person hides them: another tab of the same window is brought to the front.
// Chromium 156 throttles the timers of a hidden tab to one wake-up a minute: 60 s after it was hidden when it had
// painted, which no option changes, and after a time that can be set when it had not. So a short test opens tabs that
// never paint.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BROWSER_ARGS, CHROMIUM } from './browser.ts'
import { Devtools } from './devtools.ts'
import { waitFor } from './wait.ts'

/** So long after a tab was hidden its timers wake once a minute. */
export const THROTTLED_AFTER = { painted: 60_000, unpainted: 10_000 } as const

/** Whether a tab shows what it holds; its scripts run all the same. */
export type Look = keyof typeof THROTTLED_AFTER

/** Runs before anything of a page. */
const UNPAINTED = `
  const sheet = new CSSStyleSheet()
  sheet.replaceSync('html { display: none !important }')
  document.adoptedStyleSheets = [sheet]
`

export interface Tab {
  readonly target: string
  readonly session: string
}

export class HiddenBrowser {
  readonly #process: ChildProcess
  readonly #folder: string
  readonly #devtools: Devtools

  constructor(process: ChildProcess, folder: string, devtools: Devtools) {
    this.#process = process
    this.#folder = folder
    this.#devtools = devtools
  }

  static async launch(): Promise<HiddenBrowser> {
    const folder = mkdtempSync(join(tmpdir(), 'systole-browser-'))
    const feature = `IntensiveWakeUpThrottling:grace_period_seconds/${THROTTLED_AFTER.unpainted / 1_000}`
    const own = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${folder}`]
    const args = [...BROWSER_ARGS, ...own, `--enable-features=${feature}`, 'about:blank']
    const child = spawn(CHROMIUM, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', chunk => {
      said += chunk
    })
    const url = () => /DevTools listening on (ws:\S+)/.exec(said)?.[1]
    try {
      const devtools = await Devtools.connect(await waitFor('the browser to start', url, 20_000))
      return new HiddenBrowser(child, folder, devtools)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  /** A new tab, in front. */
  async open(url: string, look: Look = 'painted'): Promise<Tab> {
    const blank = { url: 'about:blank' }
    const { targetId: target } = await this.#devtools.ask<{ targetId: string }>('Target.createTarget', blank)
    const attach = { targetId: target, flatten: true }
    const { sessionId: session } = await this.#devtools.ask<{ sessionId: string }>(
      'Target.attachToTarget',
      attach,
    )
    await this.#devtools.ask('Page.enable', {}, session)
    if (look === 'unpainted')
      await this.#devtools.ask('Page.addScriptToEvaluateOnNewDocument', { source: UNPAINTED }, session)
    await this.#devtools.ask('Page.navigate', { url }, session)
    return { target, session }
  }

  async activate({ target }: Tab): Promise<void> {
    await this.#devtools.ask('Target.activateTarget', { targetId: target })
  }

  /** What an expression is in that tab; throws what it throws there. */
  async evaluate<T>({ session }: Tab, expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#devtools.ask<Evaluated<T>>(
      'Runtime.evaluate',
      { expression, returnByValue: true, awaitPromise: true },
      session,
    )
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${exceptionDetails.text}`)
    return result.value
  }

  async close(): Promise<void> {
    const gone = new Promise(resolve => this.#process.once('exit', resolve))
    await this.#devtools.ask('Browser.close').catch(() => this.#process.kill('SIGKILL'))
    await gone
    this.#devtools.close()
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

interface Evaluated<T> {
  readonly result: { readonly value: T }
  readonly exceptionDetails?: { readonly text: string }
}
