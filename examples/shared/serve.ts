// Serves the page of an example and, unless `--url` names one, starts a presence server beside it: `npx bun <this>
// [--port 3000] [--url ws://127.0.0.1:9502/]`. For trying out on one machine, not for the net.

import { parseArgs } from 'node:util'
import type { BunPlugin } from 'bun'
// In your project: from 'systole'.
import { settingsOf, startSystole } from '../../src/index.ts'

/** What is served. Paths beside the file that calls. */
export interface Page {
  /** Folder of the example, as `import.meta.dirname`. */
  readonly folder: string
  /** Script to bundle as `/app.js`. @default none */
  readonly script?: string
  readonly plugins?: BunPlugin[]
}

const quiet = { debug() {}, info() {}, warn: tell, error: tell }

/** Resolves when both listen, after printing where the page is. */
export async function serve(page: Page): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string' }, url: { type: 'string' } } })
  const routes = await routesOf(page)
  const server =
    values.url === undefined ? await startSystole(settingsOf({ port: 0, data: false }), quiet) : null
  const url = values.url ?? `ws://127.0.0.1:${server!.addresses[0]!.port}/`
  const site = listen(routes, values.port)
  const stop = async () => {
    await site.stop(true)
    await server?.stop()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  console.log(`presence server  ${url}`)
  console.log(`open             http://127.0.0.1:${site.port}/?server=${encodeURIComponent(url)}`)
}

async function routesOf({ folder, script, plugins = [] }: Page): Promise<Record<string, Response>> {
  const css = new URL('page.css', import.meta.url)
  const routes: Record<string, Response> = {
    '/': new Response(Bun.file(`${folder}/index.html`)),
    '/page.css': new Response(Bun.file(css)),
  }
  if (script === undefined) return routes
  const define = {
    'process.env.NODE_ENV': '"development"',
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  }
  const built = await Bun.build({ entrypoints: [`${folder}/${script}`], target: 'browser', define, plugins })
  const headers = { 'content-type': 'text/javascript; charset=utf-8' }
  return { ...routes, '/app.js': new Response(await built.outputs[0]!.text(), { headers }) }
}

/** Where 3000 is taken and nobody asked for a port, any other will do. */
function listen(routes: Record<string, Response>, port: string | undefined) {
  const hostname = '127.0.0.1'
  try {
    return Bun.serve({ hostname, port: Number(port ?? 3000), routes })
  } catch (error) {
    if (port !== undefined) throw error
    return Bun.serve({ hostname, port: 0, routes })
  }
}

function tell(fields: object, message: string): void {
  console.error(message, fields)
}
