// The few functions of a WeChat mini-program that the client uses, as it documents them, and where they are found. Never
// touches them while a module is loaded, so that the module can be imported anywhere.

/** What `connectSocket` gives: one connection. Every listener is called later, never during the call. */
export interface WxSocketTask {
  onOpen(listener: (what: { readonly header?: Readonly<Record<string, string>> }) => void): void
  onMessage(listener: (what: { readonly data: string | ArrayBuffer }) => void): void
  onClose(listener: (what: { readonly code: number; readonly reason: string }) => void): void
  onError(listener: (what: { readonly errMsg: string }) => void): void
  send(what: { readonly data: string }): void
  close(how: { readonly code: number }): void
}

type Listener<T = void> = (what: T) => void

/** The network as the platform sees it. */
export interface WxNetwork {
  readonly isConnected: boolean
  readonly networkType: string
}

/** The global `wx`. What is optional came with later versions of the platform. */
export interface Wx {
  connectSocket(how: {
    readonly url: string
    readonly protocols: string[]
    readonly fail: (what: { readonly errMsg: string }) => void
  }): WxSocketTask | undefined
  onAppShow(listener: Listener): void
  offAppShow?(listener: Listener): void
  onAppHide(listener: Listener): void
  offAppHide?(listener: Listener): void
  onNetworkStatusChange(listener: Listener<WxNetwork>): void
  offNetworkStatusChange?(listener: Listener<WxNetwork>): void
  /** `''`: there is none. */
  getStorageSync(key: string): string
  setStorageSync(key: string, value: string): void
  getRandomValues?(how: {
    readonly length: number
    readonly success: (what: { readonly randomValues: ArrayBuffer }) => void
  }): void
}

declare const wx: Wx | undefined

/** Throws where there is no `wx`. */
export function globalWx(): Wx {
  if (typeof wx === 'undefined') throw new Error('no wx here: pass one')
  return wx
}
