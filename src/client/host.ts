// What the client needs from where it runs, and from a way to the server. Contracts only: a page, a mini-program, React
// Native or a test each bring their own.

/**
 * What a host tells. `hidden`, `visible`: nobody can see the program, somebody can · `active`: somebody does something
 * · `wake`: it may have slept · `online`, `offline`: the network says so · `leaving`: the program goes away for good ·
 * `cached`, `restored`: it is put aside and may come back, and came back.
 */
export type Signal =
  | 'hidden'
  | 'visible'
  | 'active'
  | 'wake'
  | 'online'
  | 'offline'
  | 'leaving'
  | 'cached'
  | 'restored'

/** As `Storage` of a browser has it. */
interface Store {
  getItem(key: string): string | null
  setItem(key: string, text: string): void
}

/** As `LockManager` of a browser has it: held for as long as what `hold` gives is not settled. */
interface Locks {
  request(
    name: string,
    options: { readonly signal: AbortSignal },
    hold: () => Promise<void>,
  ): Promise<unknown>
}

/** Where a client runs. */
export interface Host {
  /** Wall clock in ms. It may jump; the client copes. */
  now(): number
  /** Calls `run` once after `ms`, and gives what `cancel` takes. */
  after(ms: number, run: () => void): unknown
  /** Also of one that has run, and of `undefined`: then nothing happens. */
  cancel(timer: unknown): void
  /** In [0, 1). */
  random(): number
  /** Random bytes that nobody can guess. */
  bytes(count: number): Uint8Array
  /**
   * Tells every signal from now on; the first is `hidden` where that is so. Returns how to stop: after that nothing MUST
   * be left behind. MUST NOT tell during the call, but for `hidden`.
   */
  listen(tell: (signal: Signal) => void): () => void
  /** Texts that survive a reload of this tab, and of this tab only. MAY throw. `null`: there is no such thing. */
  readonly storage: Store | null
  /** Web Locks of all pages of one origin. `null`: there is no such thing. */
  readonly locks: Locks | null
  /** The address of the page; `null`: there is none. */
  readonly base: string | null
}

/** A way to the server. */
export interface ClientTransport {
  readonly name: string
  /** The server can ping it: it then proves life while the program sleeps. */
  readonly pings: boolean
  /** Opens a connection to `url` (`ws:` or `wss:`). MAY throw. Tells nothing during the call. */
  connect(url: string, told: LineEvents): Line
}

/** What a connection tells, in this order; nothing after `closed`, which also tells that it could not be opened. */
export interface LineEvents {
  /** `protocol`: the subprotocol that was chosen. */
  opened(protocol: string): void
  text(text: string): void
  closed(code: number, reason: string): void
}

/** A connection being opened, or open. MUST NOT throw. */
export interface Line {
  send(text: string): void
  /** 1000 or 4000-4999. What was sent before goes out first. `closed` need not follow. */
  close(code: number): void
  /** The program goes away: tell the server what can still be told. Not needed where the engine does so by itself. */
  leaving?(): void
}
