// Pages that share a connection, served from memory: the SDK bundled as a program would bundle it. Each page makes one
// shared client of the options in its address, and keeps what it was told in `told`.

import { fileURLToPath } from 'node:url'

const ROOT = new URL('../../src/client/', import.meta.url)
const PAGE = `<!doctype html><meta charset="utf-8"><title>shared</title><script type="module">
  import { createSharedClient } from '/share.js'
  const { watch, ...options } = JSON.parse(decodeURIComponent(location.hash.slice(1)))
  const client = createSharedClient({ ...options, worker: options.worker ?? '/share-worker.js' })
  window.client = client
  window.told = { states: [], problems: [], messages: [] }
  client.on('state', ({ to }) => told.states.push(to))
  client.on('problem', problem => told.problems.push(problem.code + ': ' + problem.message))
  client.on('message', message => told.messages.push(message))
  if (watch) window.watched = client.watch(watch)
</script>`

export interface SharedPages {
  readonly origin: string
  /** The address of a page whose client is made with these options; `watch`: a scope to watch. */
  page(options: object): string
  stop(): void
}

export async function serveSharedPages(): Promise<SharedPages> {
  const [share, worker] = await Promise.all(['share', 'share-worker'].map(bundle))
  const files: Record<string, string> = { '/share.js': share!, '/share-worker.js': worker! }
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      const path = new URL(request.url).pathname
      const script = files[path]
      if (script !== undefined)
        return new Response(script, { headers: { 'content-type': 'text/javascript' } })
      if (path.endsWith('.js')) return new Response('none', { status: 404 })
      return new Response(PAGE, { headers: { 'content-type': 'text/html' } })
    },
  })
  const origin = `http://127.0.0.1:${server.port}`
  return {
    origin,
    page: options => `${origin}/#${encodeURIComponent(JSON.stringify(options))}`,
    stop: () => void server.stop(true),
  }
}

async function bundle(name: string): Promise<string> {
  const entry = fileURLToPath(new URL(`${name}.ts`, ROOT))
  const { outputs } = await Bun.build({ entrypoints: [entry], target: 'browser' })
  return outputs[0]!.text()
}
