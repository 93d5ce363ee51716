// A page that uses every composable of `systole/vue` as told by the test; bundled by test/browser/bindings.test.ts.

import { type App, createApp, defineComponent, h, type ShallowRef, shallowRef } from 'vue'
import { createClient } from '../../src/client/index.ts'
import { useConnection, useMember, useSystole, useWatch } from '../../src/client/vue.ts'
import { listWords, type Stage, tellThrown, type Wish } from './bindings-stage.ts'

const renders: Record<string, number> = {}
let mounts = 0
let app: App | null = null
let seen: unknown
let wished: ShallowRef<Wish>

const Row = defineComponent({
  props: { id: { type: String, required: true } },
  setup: props => {
    const member = useMember(() => props.id)
    return () => {
      renders[props.id] = (renders[props.id] ?? 0) + 1
      return h('p', { id: `row-${props.id}` }, `${member.value?.state} ${member.value?.state === 'online'}`)
    }
  },
})

const Root = defineComponent({
  setup: () => {
    mounts++
    const { url, member } = wished.value
    const client = useSystole(() => createClient({ url, member, timing: 'fast' }))
    const connection = useConnection()
    const view = useWatch(() => wished.value.scope)
    return () => {
      const { state, change } = connection.value
      if (view.value !== seen) renders.views = (renders.views ?? 0) + 1
      seen = view.value
      const { whole, members } = view.value
      renders.list = (renders.list ?? 0) + 1
      return [
        h('output', { id: 'state' }, state),
        h('output', { id: 'reason' }, change?.reason),
        h('output', { id: 'session' }, client.value?.session ?? ''),
        h('p', { id: 'list' }, `${whole ? 'whole' : 'part'} ${listWords(members.values())}`.trim()),
        ...(wished.value.ids ?? []).map(id => h(Row, { id, key: id })),
      ]
    }
  },
})

const stage: Stage = {
  renders,
  get mounts() {
    return mounts
  },
  show: wish => {
    if (app !== null) {
      wished.value = wish
      return
    }
    wished = shallowRef(wish)
    app = createApp(Root)
    app.config.errorHandler = tellThrown
    app.mount('#app')
  },
  hide: () => {
    app?.unmount()
    app = null
  },
}
Reflect.set(window, 'stage', stage)
