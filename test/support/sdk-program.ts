// A program with one client of the SDK, as a device or a job runs it: says on standard output, a JSON line each, what the
// client tells. Its argument: the client's options as JSON.

import { createClient } from '../../src/client/index.ts'

const client = createClient(JSON.parse(process.argv[2]!))
const say = (what: string, more: object) =>
  console.log(JSON.stringify({ at: Date.now(), what, session: client.session, ...more }))

client.on('state', change => say('state', change))
client.on('problem', ({ code, message }) => say('problem', { code, message }))
