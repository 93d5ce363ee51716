// What a refusal says besides its status and text, the same for upgrades, event streams and their requests.
import type { Refusal } from './transport.ts'

/** Its headers, by lower-case name. */
export function refusalHeaders({ retryAfter }: Refusal): Record<string, string> {
  return retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
}
