// A page that uses every hook of `systole/react` as told by the test; bundled by test/browser/bindings.test.ts.

import { createElement, Fragment, StrictMode, useEffect } from 'react'
import { flushSync } from 'react-dom'
import { createRoot, type Root } from 'react-dom/client'
import { createClient } from '../../src/client/index.ts'
import {
  Systole,
  useClient,
  useConnection,
  useIsOnline,
  useMember,
  useSystole,
  useWatch,
} from '../../src/client/react.ts'
import { listWords, type Stage, tellThrown, type Wish } from './bindings-stage.ts'

const renders: Record<string, number> = {}
let mounts = 0
let root: Root | null = null
let seen: unknown

function App({ url, member, scope, ids = [] }: Wish) {
  const client = useClient(() => createClient({ url, member, timing: 'fast' }), [url, member])
  useEffect(() => {
    mounts++
  }, [])
  return createElement(
    Systole,
    { client },
    createElement(State),
    createElement(List, { scope }),
    ...ids.map(id => createElement(Row, { id, key: id })),
  )
}

function State() {
  renders.state = (renders.state ?? 0) + 1
  const { state, change } = useConnection()
  const session = useSystole()?.session ?? ''
  return createElement(
    Fragment,
    null,
    createElement('output', { id: 'state' }, state),
    createElement('output', { id: 'reason' }, change?.reason),
    createElement('output', { id: 'session' }, session),
  )
}

function List({ scope }: Pick<Wish, 'scope'>) {
  renders.list = (renders.list ?? 0) + 1
  const view = useWatch(scope)
  if (view !== seen) renders.views = (renders.views ?? 0) + 1
  seen = view
  const { whole, members } = view
  return createElement(
    'p',
    { id: 'list' },
    `${whole ? 'whole' : 'part'} ${listWords(members.values())}`.trim(),
  )
}

function Row({ id }: { readonly id: string }) {
  renders[id] = (renders[id] ?? 0) + 1
  const member = useMember(id)
  const online = useIsOnline(id)
  return createElement('p', { id: `row-${id}` }, `${member?.state} ${online}`)
}

const stage: Stage = {
  renders,
  get mounts() {
    return mounts
  },
  show: wish => {
    root ??= createRoot(document.getElementById('app')!, { onUncaughtError: tellThrown })
    const app = createElement(App, wish)
    flushSync(() => root!.render(wish.strict ? createElement(StrictMode, null, app) : app))
  },
  hide: () => {
    flushSync(() => root?.unmount())
    root = null
  },
}
Reflect.set(window, 'stage', stage)
