// The bindings in real pages: one socket whatever mounts and unmounts, nothing left when all is taken away, and no more
// frames and renders than there is something to say. What a page does is told to it by `window.stage`.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import type { Stage, Wish } from '../support/bindings-stage.ts'
import { complaintsOf, launchBrowser, textAt } from '../support/browser.ts'
import { NativeClient } from '../support/native-client.ts'
import { type SystoleProcess, startServer } from '../support/server-process.ts'
import { pause, waitFor } from '../support/wait.ts'

const BINDINGS = ['react', 'vue'] as const
const REFRESH_GRACE = 1_500
/** What Chromium says of a socket that is closed while it opens. */
const CLOSED_EARLY = /closed before the connection is established/
const CROWD = Array.from({ length: 200 }, (_, i) => `seat-${i}`)

let browser: Browser
let site: ReturnType<typeof Bun.serve>
let scene: Scene

beforeAll(async () => {
  const scripts = await Promise.all(BINDINGS.map(bundle))
  const html = (name: string) =>
    `<!doctype html><title>${name}</title><link rel="icon" href="data:,"><div id="app"></div><output id="thrown"></output><script type="module" src="/${name}.js"></script>`
  const routes = BINDINGS.flatMap((name, i) => [
    [`/${name}`, answer('text/html', html(name))] as const,
    [`/${name}.js`, answer('text/javascript', scripts[i]!)] as const,
  ])
  site = Bun.serve({ hostname: '127.0.0.1', port: 0, routes: Object.fromEntries(routes) })
  browser = await launchBrowser()
})

afterEach(() => scene?.clear())

afterAll(async () => {
  await browser?.close()
  await site?.stop(true)
})

function answer(type: string, body: string): Response {
  return new Response(body, { headers: { 'content-type': `${type}; charset=utf-8` } })
}

async function bundle(name: string): Promise<string> {
  const entry = fileURLToPath(new URL(`../support/bindings-${name}.ts`, import.meta.url))
  const define = {
    'process.env.NODE_ENV': '"development"',
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  }
  const built = await Bun.build({ entrypoints: [entry], target: 'browser', define })
  return built.outputs[0]!.text()
}

/** A page, its server, and what its sockets sent. */
class Scene {
  readonly page: Page
  readonly server: SystoleProcess
  readonly sent: string[] = []
  sockets = 0
  open = 0
  complaints: string[] = []
  readonly #guests: NativeClient[] = []

  private constructor(page: Page, server: SystoleProcess) {
    this.page = page
    this.server = server
    page.on('websocket', socket => {
      this.sockets++
      this.open++
      socket.on('framesent', ({ payload }) => this.sent.push(String(payload)))
      socket.on('close', () => this.open--)
    })
  }

  static async at(binding: string): Promise<Scene> {
    const args = ['--refresh-grace', `${REFRESH_GRACE}ms`]
    const [server, page] = await Promise.all([startServer({ runtime: 'bun', args }), browser.newPage()])
    const made = new Scene(page, server)
    made.complaints = await complaintsOf(page)
    await page.goto(`http://127.0.0.1:${site.port}/${binding}`)
    return made
  }

  get url(): string {
    return `ws://127.0.0.1:${this.server.port('main')}/`
  }

  show(wish: Partial<Wish> = {}): Promise<void> {
    const whole: Wish = { url: this.url, member: 'me', scope: 'all', ...wish }
    return this.page.evaluate(wish => (Reflect.get(window, 'stage') as Stage).show(wish), whole)
  }

  hide(): Promise<void> {
    return this.page.evaluate(() => (Reflect.get(window, 'stage') as Stage).hide())
  }

  renders(): Promise<Record<string, number>> {
    return this.page.evaluate(() => ({ ...(Reflect.get(window, 'stage') as Stage).renders }))
  }

  shows(selector: string, text: string): Promise<boolean> {
    return waitFor(`${selector} to show ${text}`, async () => (await textAt(this.page, selector)) === text)
  }

  async guest(member: string, group?: string): Promise<NativeClient> {
    const guest = new NativeClient(this.url)
    this.#guests.push(guest)
    await guest.join(member)
    if (group !== undefined) guest.send({ t: 'enter', group })
    return guest
  }

  /** Frames of this kind that the page sent. */
  frames(t: string): string[] {
    return this.sent.filter(text => text.startsWith(`{"t":"${t}"`))
  }

  /** Nothing stays, however the test ended. */
  async clear(): Promise<void> {
    for (const guest of this.#guests) guest.close()
    await this.page.close()
    await this.server.kill()
  }
}

/** `count` times shown and taken away, each `gap` ms after the other; `null`: all in one turn. Then shown. */
function cycle(scene: Scene, wish: Partial<Wish>, count: number, gap: number | null): Promise<number> {
  const whole: Wish = { url: scene.url, member: 'me', scope: 'all', ...wish }
  return scene.page.evaluate(
    async ({ whole, count, gap }) => {
      const stage = Reflect.get(window, 'stage') as Stage
      for (let i = 0; i < count; i++) {
        stage.show(whole)
        if (gap !== null) await new Promise(resolve => setTimeout(resolve, gap))
        stage.hide()
      }
      stage.show(whole)
      return stage.mounts
    },
    { whole, count, gap },
  )
}

function expectNoComplaints({ complaints }: Scene): void {
  expect(complaints.filter(text => !CLOSED_EARLY.test(text))).toEqual([])
}

async function expectOneSession({ server, page }: Scene): Promise<void> {
  const session = await textAt(page, '#session')
  await waitFor('one connection', async () => (await server.api.health()).connections === 1)
  expect((await server.api.sessions()).map(({ id, state }) => [id, state])).toEqual([[session, 'online']])
}

async function expectNothingLeft(scene: Scene): Promise<void> {
  await waitFor('no connection', async () => (await scene.server.api.health()).connections === 0)
  await waitFor('no open socket', () => scene.open === 0)
  const soon = REFRESH_GRACE + 1_500
  await waitFor('no session', async () => (await scene.server.api.sessions()).length === 0, soon)
}

describe.each(BINDINGS)('%s', binding => {
  test('one socket and one session, also after 20 times there and back in one turn', async () => {
    scene = await Scene.at(binding)
    const mounts = await cycle(scene, { strict: true }, 20, null)
    expect(mounts).toBe(binding === 'react' ? 42 : 21)
    await scene.shows('#state', 'online')
    await scene.shows('#list', 'whole me:online')
    await expectOneSession(scene)
    expect(scene.sockets).toBe(1)
    await scene.hide()
    await expectNothingLeft(scene)
    expectNoComplaints(scene)
  })

  test('20 times there and back, while sockets open and close: one session in the end, and no ghost', async () => {
    scene = await Scene.at(binding)
    await cycle(scene, { strict: true }, 20, 15)
    await scene.shows('#state', 'online')
    await expectOneSession(scene)
    expect(scene.open).toBe(1)
    await scene.hide()
    await expectNothingLeft(scene)
    expectNoComplaints(scene)
  })

  test('a list shows who comes and goes; another scope takes its place; the same one says nothing', async () => {
    scene = await Scene.at(binding)
    await scene.show({ strict: true })
    await scene.shows('#list', 'whole me:online')
    const bob = await scene.guest('bob', 'red')
    await scene.shows('#list', 'whole bob:online me:online')
    await scene.show({ strict: true, scope: { group: 'red' } })
    await scene.shows('#list', 'whole bob:online')
    await scene.show({ strict: true, scope: ['bob', 'nobody'] })
    await scene.shows('#list', 'whole bob:online nobody:unknown')
    const said = scene.sent.filter(text => /"t":"(un)?watch"/.test(text)).length
    const { views } = await scene.renders()
    await scene.show({ strict: true, scope: ['bob', 'nobody'] })
    expect((await scene.renders()).views).toBe(views!)
    bob.send({ t: 'bye' })
    await scene.shows('#list', 'whole bob:offline nobody:unknown')
    expect(scene.sent.filter(text => /"t":"(un)?watch"/.test(text)).length).toBe(said)
    await scene.show({ strict: true, scope: null })
    await scene.shows('#list', 'part')
    await waitFor('the watch to end', () => scene.frames('unwatch').length > 0)
    expectNoComplaints(scene)
  })

  test('200 members in a list: few frames, and only the row that changed is rendered', async () => {
    scene = await Scene.at(binding)
    await scene.show({ scope: null, ids: CROWD })
    await scene.shows('#row-seat-199', 'unknown false')
    expect(scene.frames('watch').length).toBeLessThanOrEqual(4)
    const before = await scene.renders()
    await scene.guest('seat-7')
    await scene.shows('#row-seat-7', 'online true')
    const after = await scene.renders()
    expect(Object.keys(after).filter(part => after[part] !== before[part])).toEqual(['seat-7'])
    await scene.show({ scope: null, ids: CROWD.slice(100) })
    await waitFor('half of the watch to end', () => scene.frames('unwatch').length > 0)
    expect(scene.frames('unwatch').length).toBeLessThanOrEqual(4)
    expect(scene.sockets).toBe(1)
    expectNoComplaints(scene)
  })

  test('a server that goes is told with its cause; what is taken away meanwhile does not try again', async () => {
    scene = await Scene.at(binding)
    await scene.show()
    await scene.shows('#state', 'online')
    await scene.server.kill()
    await scene.shows('#state', 'waiting')
    expect(await textAt(scene.page, '#reason')).toBe('lost')
    await scene.hide()
    await waitFor('no open socket', () => scene.open === 0)
    const tried = scene.sockets
    await pause(2_500)
    expect(scene.sockets).toBe(tried)
  })

  test('a client that cannot be made is an error of the component', async () => {
    scene = await Scene.at(binding)
    await scene.show({ url: 'ftp://nowhere' })
    await waitFor('the error', async () => /ftp:/.test(await textAt(scene.page, '#thrown')))
    expectNoComplaints(scene)
  })
})

test('react: another member is another client, and the one before is let go of', async () => {
  scene = await Scene.at('react')
  await scene.show({ strict: true })
  await scene.shows('#list', 'whole me:online')
  await scene.show({ strict: true, member: 'you' })
  await scene.shows('#list', 'whole you:online')
  await expectOneSession(scene)
  expect([scene.sockets, scene.open]).toEqual([2, 1])
  expect(await scene.server.api.member('me')).toMatchObject({ state: 'offline', reason: 'closed' })
  expectNoComplaints(scene)
})
