// What links of `systole.v1` say: bytes and texts only. Members and instances are new in every load process, so that
// a second wave to the same server is never taken for the first one coming back.

import { createHmac } from 'node:crypto'
import { TOKEN_SECRET } from '../servers/targets.ts'
import { textFrame } from './frames.ts'

const RUN = Array.from(crypto.getRandomValues(new Uint8Array(6)), byte =>
  byte.toString(16).padStart(2, '0'),
).join('')

/** The literal that a server recognises without reading it. */
export const NATIVE_BEAT = textFrame('{"t":"beat"}')

/** Says hello as an observer, which is in no list, and begins to watch everybody. */
export const OBSERVER_HELLO = '{"t":"hello","observer":true}'
const WATCH = '{"t":"watch","all":true}'
export const WATCH_ALL = Buffer.concat([textFrame(OBSERVER_HELLO), textFrame(WATCH)])

/** A member's hello, with an instance of 22 characters. */
export function hello(index: number): string {
  const member = `m${RUN.slice(0, 4)}-${index}`
  const instance = RUN + String(index).padStart(10, '0')
  return `{"t":"hello","member":"${member}","instance":"${instance}","epoch":1,"name":"Name ${index}"}`
}

/** The same with a token, as a backend would sign one. */
export function tokenHello(index: number): string {
  const instance = RUN + String(index).padStart(10, '0')
  const now = Math.floor(Date.now() / 1_000)
  const claims = { sub: `m${RUN.slice(0, 4)}-${index}`, name: `Name ${index}`, iat: now, exp: now + 3_600 }
  return `{"t":"hello","token":"${signed(claims)}","instance":"${instance}","epoch":1}`
}

function signed(claims: object): string {
  const [head, body] = [{ alg: 'HS256', typ: 'JWT' }, claims].map(part =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  const signature = createHmac('sha256', TOKEN_SECRET).update(`${head}.${body}`).digest('base64url')
  return `${head}.${body}.${signature}`
}
