// A page that shows who is here, in React. One client for the page; every part reads what it needs from it.

import { StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
// In your project: from 'systole/client' and 'systole/react'.
import { createClient } from '../../src/client/index.ts'
import { Systole, useClient, useConnection, useSystole, useWatch } from '../../src/client/react.ts'
import { guest, retryWords, sinceWords, sorted, stateWords } from '../shared/words.ts'

const me = guest()
const url = new URLSearchParams(location.search).get('server') ?? 'ws://127.0.0.1:9502/'

function App() {
  const client = useClient(() => createClient({ url, member: me, name: me }))
  return (
    <Systole client={client}>
      <header>
        <h1>Who is here</h1>
        <Connection />
      </header>
      <main>
        <Me />
        <Everybody />
      </main>
      <p className="soft">Open this page in another tab, and close that again.</p>
    </Systole>
  )
}

function Connection() {
  const { state, change, retryAt } = useConnection()
  const now = useNow(retryAt !== null)
  return (
    <div>
      <span className={`dot ${state}`} role="status">
        {stateWords(state, change)}
      </span>{' '}
      <span className="soft" aria-hidden="true">
        {retryWords(retryAt, now)}
      </span>
    </div>
  )
}

function Me() {
  const client = useSystole()
  const { state } = useConnection()
  const [name, setName] = useState(me)
  const rename = event => {
    event.preventDefault()
    client?.update({ name })
  }
  return (
    <form className="card" onSubmit={rename}>
      <label>
        Your name
        <input value={name} maxLength={40} required onChange={event => setName(event.target.value)} />
      </label>
      <button type="submit">Rename</button>
      {state === 'closed' ? (
        <button type="button" onClick={() => client?.connect()}>
          Come back
        </button>
      ) : (
        <button type="button" onClick={() => client?.leave()}>
          Leave
        </button>
      )}
    </form>
  )
}

function Everybody() {
  const { whole, members } = useWatch('all')
  const { state } = useConnection()
  const stale = whole && state !== 'online' && state !== 'probing'
  return (
    <section className="card" aria-labelledby="here">
      <h2 id="here">{whole ? `${members.size} here` : 'Here'}</h2>
      {stale && <p className="soft">As it was when last connected.</p>}
      {!whole && <p className="soft">Nothing is known yet.</p>}
      <ul>
        {sorted(members.values()).map(member => (
          <li key={member.member}>
            <span className={`dot ${member.state}`}>{member.state}</span>
            <span className="who">
              <bdi>{member.name ?? member.member}</bdi>
              {member.member === me && ' (you)'}
            </span>
            <span className="soft">{sinceWords(member)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** The time, each second while somebody needs it. */
function useNow(ticking) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!ticking) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [ticking])
  return now
}

createRoot(document.getElementById('app')).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
