// Calls the server object inside a host program (host-program.ts) and waits for what it answered.

import type { SystoleProcess } from './server-process.ts'
import { waitFor } from './wait.ts'

export const HOST_PROGRAM = new URL('host-program.ts', import.meta.url).pathname

let calls = 0

/** What `name` returned over there; rejects with an error that has its `code` when it threw. */
export async function call(server: SystoleProcess, name: string, ...args: unknown[]): Promise<unknown> {
  const number = ++calls
  server.write(JSON.stringify({ do: name, args, call: number }))
  const answer = await waitFor(`the answer to ${name}`, () => server.lines.find(line => line.call === number))
  if ('code' in answer) throw Object.assign(new Error(`${name} failed`), { code: answer.code })
  return answer.result
}
