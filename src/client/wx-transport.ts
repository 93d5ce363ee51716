// A way to the server over the sockets of a WeChat mini-program. Decides what their endings mean; never keeps anything
// beside the one connection, and never lets the platform's close for good be taken for the server's.

import { SUBPROTOCOL } from '../protocol/version.ts'
import { GIVEN_UP } from './codes.ts'
import type { ClientTransport } from './host.ts'
import { globalWx, type Wx } from './wx-global.ts'

const BROKEN = 1006

/** `given`: @default the global `wx`, looked up with each connection; throws where there is none */
export function wxTransport(given?: Pick<Wx, 'connectSocket'>): ClientTransport {
  return {
    name: 'wx',
    pings: true,
    connect(url, told) {
      let over = false
      const end = (code: number, reason: string) => {
        if (over) return
        over = true
        told.closed(code, reason)
      }
      const drop = (code: number) => quietly(() => task?.close({ code }))
      const task = (given ?? globalWx()).connectSocket({
        url,
        protocols: [SUBPROTOCOL],
        // Some versions say so during the call, when nothing may be told yet; a sixth socket is no object then.
        fail: ({ errMsg }) => Promise.resolve().then(() => end(BROKEN, errMsg)),
      })
      task?.onOpen(({ header }) => {
        // One that is not open yet cannot be closed: what was given up meanwhile is closed now.
        if (over) return drop(GIVEN_UP)
        // Many versions do not tell it; a server that speaks another one is found out by its first answer.
        let protocol: string = SUBPROTOCOL
        for (const key in header) if (/^sec-websocket-protocol$/i.test(key)) protocol = header[key]!
        told.opened(protocol)
      })
      task?.onMessage(({ data }) => {
        if (!over && typeof data === 'string') told.text(data)
      })
      // A server says 1000 only to those who said bye, and they no longer listen. Here it is how the platform takes the
      // socket of a program in the background (some versions: 0), which has to come back. Below 1006 all mean that.
      task?.onClose(({ code, reason }) => (code > BROKEN ? end(code, reason) : end(BROKEN, '')))
      task?.onError(({ errMsg }) => {
        end(BROKEN, errMsg)
        drop(GIVEN_UP)
      })
      return {
        // What the platform refuses is found out by silence, as on any connection.
        send: data => quietly(() => task?.send({ data })),
        close(code) {
          over = true
          drop(code)
        },
      }
    },
  }
}

function quietly(run: () => void): void {
  try {
    run()
  } catch {}
}
