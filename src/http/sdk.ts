// The client SDK as modules a page can import from this server. Only files of the rooms the SDK is made of can be
// asked for, by exact path: no path of a request is ever made into a path of a file. Must not import the SDK itself.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { SECURITY_HEADERS } from './reply.ts'
import { stripTypes } from './strip-types.ts'

const ROOT = new URL('../', import.meta.url)
/** What the files beside this one are: the source as it is, or what was built from it. */
const SUFFIX = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
/** Of `core` the SDK knows only these; of the other rooms every module. */
const ROOMS: Readonly<Record<string, readonly string[] | null>> = {
  client: null,
  protocol: null,
  core: ['backoff', 'clock'],
}
const ENTRY = "export * from './client/index.js'\n"
/** A module named beside or above, in whatever way: `import … from`, `import()`, `new URL`. */
const RELATIVE = /(["'`])(\.\.?\/[\w./-]+)\.ts\1/g

/** A page of another site may load these, where the server lets its origin in at all. */
const HEADERS = {
  ...SECURITY_HEADERS,
  'content-type': 'text/javascript; charset=utf-8',
  'cache-control': 'no-cache',
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
} as const

/** Path of each module, and how to answer with it. `/client.js` is the SDK; all others are named as their files. */
export function loadSdk(): [path: string, answer: (request: Request) => Response][] {
  const modules = Object.entries(ROOMS).flatMap(([room, only]) =>
    namesIn(room)
      .filter(name => only?.includes(name) ?? true)
      .map((name): [string, () => string] => [`/${room}/${name}.js`, () => read(`${room}/${name}`)]),
  )
  return [['/client.js', () => ENTRY] as const, ...modules].map(([path, text]) => [path, answerWith(text)])
}

function namesIn(room: string): string[] {
  return readdirSync(new URL(`${room}/`, ROOT))
    .filter(file => file.endsWith(SUFFIX) && !/\.(test|d)\.[jt]s$/.test(file))
    .map(file => file.slice(0, -SUFFIX.length))
}

// Read when first asked for, then kept.
function answerWith(text: () => string): (request: Request) => Response {
  let body: string | undefined
  let etag = ''
  return request => {
    if (body === undefined) {
      body = text()
      etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
    }
    const headers = { ...HEADERS, etag }
    const known = request.headers.get('if-none-match')?.includes(etag)
    return known ? new Response(null, { status: 304, headers }) : new Response(body, { headers })
  }
}

function read(name: string): string {
  const text = readFileSync(new URL(name + SUFFIX, ROOT), 'utf8')
  return SUFFIX === '.js' ? text : stripTypes(text).replace(RELATIVE, '$1$2.js$1')
}
