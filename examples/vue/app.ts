// A page that shows who is here, in Vue. In your project the template stands in a single-file component.

import { computed, createApp, defineComponent, onScopeDispose, ref } from 'vue'
// In your project: from 'systole/client' and 'systole/vue'.
import { createClient } from '../../src/client/index.ts'
import { useConnection, useSystole, useWatch } from '../../src/client/vue.ts'
import { guest, retryWords, sinceWords, sorted, stateWords } from '../shared/words.ts'

const url = new URLSearchParams(location.search).get('server') ?? 'ws://127.0.0.1:9502/'

function usePage() {
  const me = guest()
  const client = useSystole(() => createClient({ url, member: me, name: me }))
  const connection = useConnection()
  const view = useWatch('all')
  const name = ref(me)
  const now = ref(Date.now())
  const timer = setInterval(() => {
    now.value = Date.now()
  }, 500)
  onScopeDispose(() => clearInterval(timer))
  return {
    ...{ client, connection, view, me, name, sinceWords },
    words: computed(() => stateWords(connection.value.state, connection.value.change)),
    retry: computed(() => retryWords(connection.value.retryAt, now.value)),
    members: computed(() => sorted(view.value.members.values())),
    isStale: computed(() => view.value.whole && !['online', 'probing'].includes(connection.value.state)),
  }
}

const App = defineComponent({
  setup: usePage,
  template: `
    <header>
      <h1>Who is here</h1>
      <div>
        <span class="dot" :class="connection.state" role="status">{{ words }}</span>
        <span class="soft" aria-hidden="true">{{ ' ' + retry }}</span>
      </div>
    </header>
    <main>
      <form class="card" @submit.prevent="client?.update({ name })">
        <label>Your name <input v-model="name" maxlength="40" required></label>
        <button type="submit">Rename</button>
        <button v-if="connection.state === 'closed'" type="button" @click="client?.connect()">Come back</button>
        <button v-else type="button" @click="client?.leave()">Leave</button>
      </form>
      <section class="card" aria-labelledby="here">
        <h2 id="here">{{ view.whole ? members.length + ' here' : 'Here' }}</h2>
        <p v-if="isStale" class="soft">As it was when last connected.</p>
        <p v-if="!view.whole" class="soft">Nothing is known yet.</p>
        <ul>
          <li v-for="member in members" :key="member.member">
            <span class="dot" :class="member.state">{{ member.state }}</span>
            <span class="who"><bdi>{{ member.name ?? member.member }}</bdi>{{ member.member === me ? ' (you)' : '' }}</span>
            <span class="soft">{{ sinceWords(member) }}</span>
          </li>
        </ul>
      </section>
    </main>
    <p class="soft">Open this page in another tab, and close that again.</p>
  `,
})

createApp(App).mount('#app')
