// `systole/react`: the client in React 18 and later. Re-exports only; what it decides stands in the two modules beside it.

export type { Connection } from './bindings.ts'
export { Systole, useClient, useConnection, useSystole } from './react-client.ts'
export { useIsOnline, useMember, useWatch } from './react-watch.ts'
