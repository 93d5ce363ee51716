// What the bindings read: each value stays the same object until something changed, and a watch that is taken over
// within one turn is never let go of in between. The client is a stand-in that counts.

import { expect, test } from 'bun:test'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { createSSRApp, defineComponent, h } from 'vue'
import { renderToString as renderVue } from 'vue/server-renderer'
import { connectionOf, viewOf } from './bindings.ts'
import * as react from './react.ts'
import type { Client, StateChange, View } from './types.ts'
import * as vue from './vue.ts'

const EMPTY: View = { whole: true, members: new Map(), counts: null }

/** Just what the bindings use of a client, and what was asked of it. */
class Stand {
  state: StateChange['to'] = 'connecting'
  readonly asked: string[] = []
  view = EMPTY
  readonly listeners = new Set<(change: StateChange) => void>()
  readonly watchers = new Set<() => void>()

  on(_: string, listener: (change: StateChange) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  watch(scope: unknown) {
    const words = JSON.stringify(scope)
    this.asked.push(`watch ${words}`)
    const stand = this
    return {
      get view() {
        return stand.view
      },
      subscribe: (listener: () => void) => {
        this.watchers.add(listener)
        return () => this.watchers.delete(listener)
      },
      close: () => this.asked.push(`close ${words}`),
    }
  }

  tell(change: Partial<StateChange>): void {
    const whole = {
      from: this.state,
      to: this.state,
      code: 0,
      reason: 'lost',
      attempt: 0,
      retryIn: null,
    } as const
    this.state = change.to ?? this.state
    for (const listener of this.listeners) listener({ ...whole, ...change })
  }

  get client(): Client {
    return this as unknown as Client
  }
}

test('the connection: the same object until a change, with when the next try is', () => {
  const stand = new Stand()
  const { subscribe, read } = connectionOf(stand.client)
  expect(read()).toEqual({ state: 'connecting', change: null, retryAt: null })
  expect(read()).toBe(read())
  let heard = 0
  const stop = subscribe(() => heard++)
  const before = Date.now()
  stand.tell({ to: 'waiting', retryIn: 4_000 })
  const { state, change, retryAt } = read()
  expect([state, change?.retryIn, heard]).toEqual(['waiting', 4_000, 1])
  expect(retryAt! - before).toBeGreaterThanOrEqual(4_000)
  expect(retryAt! - before).toBeLessThan(5_000)
  expect(read()).toBe(read())
  stop()
  expect(stand.listeners.size).toBe(0)
})

test('a change nobody listened to is seen all the same, without its cause', () => {
  const stand = new Stand()
  const { read } = connectionOf(stand.client)
  read()
  stand.state = 'online'
  expect(read()).toEqual({ state: 'online', change: null, retryAt: null })
  expect(read()).toBe(read())
})

test('no client: idle, nobody, and nothing to stop', () => {
  expect(connectionOf(null).read().state).toBe('idle')
  expect(viewOf(null, '"all"').read()).toEqual({ whole: false, members: new Map(), counts: null })
  expect(connectionOf(null).subscribe(() => {})()).toBeUndefined()
  expect(viewOf(null, '"all"').subscribe(() => {})()).toBeUndefined()
})

test('a watch stands while somebody listens; who watches the same within the turn takes over', async () => {
  const stand = new Stand()
  const { subscribe, read } = viewOf(stand.client, '["1",2]')
  expect(stand.asked).toEqual([])
  expect(read().whole).toBe(false)
  const stop = subscribe(() => {})
  expect(read()).toBe(stand.view)
  stop()
  const again = subscribe(() => {})
  expect(stand.asked).toEqual(['watch ["1",2]', 'watch ["1",2]'])
  await Promise.resolve()
  expect(stand.asked).toEqual(['watch ["1",2]', 'watch ["1",2]', 'close ["1",2]'])
  again()
  await Promise.resolve()
  expect(stand.asked.at(-1)).toBe('close ["1",2]')
  expect(stand.asked.length).toBe(4)
  expect(stand.watchers.size).toBe(0)
})

test('a scope of null watches nobody', () => {
  const stand = new Stand()
  viewOf(stand.client, 'null').subscribe(() => {})()
  expect(stand.asked).toEqual([])
})

test('React on a server: the words are there, no client is made and none is asked', () => {
  const stand = new Stand()
  stand.state = 'online'
  const made: string[] = []
  function Who() {
    const { state } = react.useConnection()
    const online = react.useIsOnline('7')
    const { whole, members } = react.useWatch('all')
    return [state, String(online), String(react.useMember('7')), String(whole), members.size].join(' ')
  }
  function Page() {
    const client = react.useClient(() => {
      made.push('client')
      return stand.client
    })
    return createElement(react.Systole, { client }, createElement(Who))
  }
  const given = createElement(react.Systole, { client: stand.client }, createElement(Who))
  expect(renderToString(createElement(Page))).toBe('idle false undefined false 0')
  expect(renderToString(given)).toBe('idle false undefined false 0')
  expect([made, stand.asked, stand.listeners.size]).toEqual([[], [], 0])
})

test('Vue on a server: the same', async () => {
  const stand = new Stand()
  const made: string[] = []
  const make = () => {
    made.push('client')
    return stand.client
  }
  const pageOf = (client: Client | (() => Client)) =>
    defineComponent({
      setup: () => {
        vue.useSystole(client)
        const connection = vue.useConnection()
        const view = vue.useWatch(() => ['7'])
        const member = vue.useMember('7')
        return () => h('p', `${connection.value.state} ${view.value.whole} ${member.value}`)
      },
    })
  for (const client of [make, stand.client])
    expect(await renderVue(createSSRApp(pageOf(client)))).toBe('<p>idle false undefined</p>')
  expect([made, stand.asked, stand.listeners.size]).toEqual([[], [], 0])
})
