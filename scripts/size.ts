// Weighs what a page loads of the SDK: each entry bundled for browsers, minified, gzipped. Ends with 1 when an entry is
// over its bar, or is promised in package.json and not there. For the bars of the first two see docs/adr/0007. What an entry shares with the core is not weighed again,
// nor is what is loaded on demand and has a bar of its own.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

interface Entry {
  readonly name: string
  /** Where package.json promises it. */
  readonly promised: string
  readonly files: readonly string[]
  /** Bytes, minified and gzipped. */
  readonly most: number
}

interface Bundle {
  readonly bytes: number
  /** Modules that are in it, by their path. */
  readonly modules: ReadonlySet<string>
}

const ROOT = resolve(import.meta.dirname, '..')
const CORE: Entry = { name: 'client', promised: './client', files: ['index'], most: 8_200 }
const OTHERS: readonly Entry[] = [
  { name: 'share', promised: './client/share', files: ['share', 'share-worker'], most: 3_700 },
  { name: 'sse', promised: './client', files: ['sse'], most: 1_000 },
  { name: 'wx', promised: './client/wx', files: ['wx'], most: 1_000 },
  { name: 'react', promised: './react', files: ['react'], most: 1_000 },
  { name: 'vue', promised: './vue', files: ['vue'], most: 1_000 },
]
const ON_DEMAND = new Set([CORE, ...OTHERS].flatMap(({ files }) => files.map(pathOf)))
const PROMISED = new Set(Object.keys(JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')).exports))

function pathOf(file: string): string {
  return `${ROOT}/src/client/${file}.ts`
}

/** Bundles one file; `without` are modules somebody else has loaded already. */
async function bundle(file: string, without: ReadonlySet<string>): Promise<Bundle> {
  const built = await rolldown({
    input: file,
    external: (id, importer) => {
      if (!/^[./]/.test(id)) return true
      const at = resolve(dirname(importer ?? ROOT), id)
      return at !== file && (without.has(at) || ON_DEMAND.has(at))
    },
  })
  const { output } = await built.generate({ format: 'esm', minify: true })
  const chunks = output.filter(part => part.type === 'chunk')
  return {
    modules: new Set(chunks.flatMap(({ moduleIds }) => moduleIds)),
    bytes: chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0),
  }
}

/** A line of the table, and whether all is well. */
async function weigh(
  { name, promised, files, most }: Entry,
  without: ReadonlySet<string>,
): Promise<[string, boolean]> {
  const missing = files.filter(file => !existsSync(pathOf(file)))
  if (missing.length > 0) {
    const wanted = PROMISED.has(promised)
    return [`${name.padEnd(8)} src/client/${missing[0]}.ts is not there${wanted ? '' : ' yet'}`, !wanted]
  }
  const bundles = await Promise.all(files.map(file => bundle(pathOf(file), without)))
  const bytes = bundles.reduce((sum, bundle) => sum + bundle.bytes, 0)
  const share = `${String(bytes).padStart(6)} of ${String(most).padStart(5)} bytes`
  return [`${name.padEnd(8)} ${share}${bytes > most ? `  over by ${bytes - most}` : ''}`, bytes <= most]
}

const core = existsSync(pathOf('index'))
  ? (await bundle(pathOf('index'), new Set())).modules
  : new Set([pathOf('index')])
const lines = [await weigh(CORE, new Set()), ...(await Promise.all(OTHERS.map(entry => weigh(entry, core))))]
console.log(['Size of the SDK, minified and gzipped', ...lines.map(([line]) => `  ${line}`)].join('\n'))
if (!lines.every(([, well]) => well)) process.exit(1)
