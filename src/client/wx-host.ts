// A WeChat mini-program as the client's host. Decides when a program in the background is put aside: shortly before the
// platform takes its socket, so that the session is closed in order and kept, and a short look elsewhere costs nothing.

import type { Host, Signal } from './host.ts'
import { here } from './page.ts'
import { globalWx, type Wx, type WxNetwork } from './wx-global.ts'

/** The platform stops a program, and takes its sockets, 5 s after it went into the background. In ms. */
const ASIDE_AFTER = 4_000

/** `wx`: @default the global one, looked up now */
export function wxHost(wx: Omit<Wx, 'connectSocket'> = globalWx()): Host {
  let pool: number[] = []
  wx.getRandomValues?.({
    // enough for ten instances
    length: 256,
    success: ({ randomValues }) => {
      pool = [...new Uint8Array(randomValues)]
    },
  })
  const host: Host = {
    ...here(),
    // The first instance is drawn before the platform answered. Math.random is enough for it: nobody else runs code in
    // this program or is shown a number of it, so that nobody can tell the next one.
    bytes: count => Uint8Array.from({ length: count }, () => pool.pop() ?? Math.random() * 256),
    listen: tell => listen(wx, host, tell),
    // There is one program of a kind at a time, so what is kept for it is kept for one tab.
    storage: {
      getItem: key => wx.getStorageSync(key) || null,
      setItem: (key, value) => wx.setStorageSync(key, value),
    },
  }
  return host
}

function listen(
  wx: Omit<Wx, 'connectSocket'>,
  host: Pick<Host, 'after' | 'cancel'>,
  tell: (signal: Signal) => void,
): () => void {
  let timer: unknown
  let aside = false
  /** `''`: none, `null`: not known yet. */
  let network: string | null = null

  const onHide = () => {
    // First only hidden: the server widens the grace at once, also where the program is stopped before the timer runs.
    tell('hidden')
    host.cancel(timer)
    timer = host.after(ASIDE_AFTER, () => {
      aside = true
      tell('cached')
    })
  }
  const onShow = () => {
    host.cancel(timer)
    tell('visible')
    if (aside) tell('restored')
    aside = false
  }
  const onNetwork = ({ isConnected, networkType }: WxNetwork) => {
    const was = network
    network = isConnected ? networkType : ''
    if (network !== was) tell(!network ? 'offline' : was ? 'wake' : 'online')
  }

  wx.onAppHide(onHide)
  wx.onAppShow(onShow)
  wx.onNetworkStatusChange(onNetwork)
  return () => {
    host.cancel(timer)
    wx.offAppHide?.(onHide)
    wx.offAppShow?.(onShow)
    wx.offNetworkStatusChange?.(onNetwork)
    // Older platforms keep listeners for good.
    tell = () => {}
  }
}
