// Makes JavaScript of the source's erasable TypeScript with what the runtime itself brings. Only for a server that
// runs from its source: a published one has nothing to strip.

import * as nodeModule from 'node:module'

/** The same program without its types. Throws where it is none. */
export function stripTypes(source: string): string {
  if (typeof Bun !== 'undefined')
    return new Bun.Transpiler({ loader: 'ts', target: 'browser' }).transformSync(source)
  return withoutWarning(() => nodeModule.stripTypeScriptTypes(source))
}

// Node warns of this function once, in the log of whoever started the server. Nothing else can warn meanwhile.
function withoutWarning<T>(run: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return run()
  } finally {
    process.emitWarning = emitWarning
  }
}
