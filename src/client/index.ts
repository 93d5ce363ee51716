// The door of `systole/client`.

export { createClient } from './client.ts'
export type { ClientTransport, Host, Line, LineEvents, Signal } from './host.ts'
export type {
  Cause,
  Client,
  ClientOptions,
  Counts,
  Details,
  Events,
  Id,
  Member,
  OnView,
  Payloads,
  Problem,
  Sent,
  State,
  StateChange,
  Status,
  TokenRequest,
  View,
  Watch,
  WatchScope,
} from './types.ts'
export { Unauthorized, Undelivered } from './types.ts'
