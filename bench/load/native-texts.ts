// What links of `systole.v1` say: bytes and texts only. Members and instances are new in every load process, so that
// a second wave to the same server is never taken for the first one coming back.

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
