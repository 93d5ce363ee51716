// Checks code of a page for types, as a reader's compiler would: what it imports from the package is the source, other
// packages are what `STUBS` says of them, and what an example leaves out is declared before it.

import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const STUBS = `
declare module 'react-native' {
  export const AppState: { addEventListener(event: 'change', run: (state: string) => void): { remove(): void } }
}
declare module '@react-native-community/netinfo' {
  const NetInfo: { addEventListener(run: (state: { isConnected: boolean | null; type: string }) => void): () => void }
  export default NetInfo
}
declare module 'react-native-get-random-values' {}
`

const LEFT_OUT = `
import type { Client as LeftOut } from 'systole/client'
declare const client: LeftOut
declare function render(members: readonly unknown[]): void
`

/** What the compiler says of each example, one line each. */
export function errorsOf(examples: readonly string[]): string[] {
  const files = new Map([[`${ROOT}docs/stubs.d.ts`, STUBS]])
  for (const [index, example] of examples.entries()) {
    const rest = /\bconst client\b/.test(example) || !/\bclient\b/.test(example) ? '' : LEFT_OUT
    files.set(`${ROOT}docs/example-${index}.ts`, `${example}${rest}\nexport {}\n`)
  }
  const options = optionsOf()
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.getSourceFile = (name, ...rest) =>
    files.has(name)
      ? ts.createSourceFile(name, files.get(name)!, ts.ScriptTarget.Latest)
      : getSourceFile(name, ...rest)
  host.fileExists = name => files.has(name) || fileExists(name)
  host.readFile = name => files.get(name) ?? readFile(name)
  const program = ts.createProgram([...files.keys()], options, host)
  return [...files.keys()]
    .map(name => program.getSourceFile(name)!)
    .flatMap(file => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
    .map(({ file, messageText }) => `${file!.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
}

function optionsOf(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, ROOT)
  return {
    ...options,
    noUnusedLocals: false,
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    paths: {
      'systole/client': [`${ROOT}src/client/index.ts`],
      'systole/client/share': [`${ROOT}src/client/share.ts`],
      'systole/client/wx': [`${ROOT}src/client/wx.ts`],
    },
  }
}
