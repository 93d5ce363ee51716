// A headless Chromium for tests, driven by Playwright, and what its pages complained of. Plain Playwright keeps every
// page visible: a hidden tab needs hidden-browser.ts instead.

import { type Browser, chromium, type Page } from 'playwright-core'

export const CHROMIUM = '/usr/bin/chromium'

export const BROWSER_ARGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: [...BROWSER_ARGS] })
}

/** Everything a page says against itself: console errors and warnings, thrown errors, refused content. */
export async function complaintsOf(page: Page): Promise<string[]> {
  const complaints: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(`thrown: ${error.message}`))
  page.on('requestfailed', request => complaints.push(`failed: ${request.url()}`))
  await page.exposeFunction('tellComplaint', (text: string) => complaints.push(text))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', event => {
      const tell = Reflect.get(window, 'tellComplaint')
      tell(`policy: ${event.violatedDirective} ${event.blockedURI}`)
    })
  })
  return complaints
}

/** The text of one element, now. */
export async function textAt(page: Page, selector: string): Promise<string> {
  return (await page.textContent(selector)) ?? ''
}
