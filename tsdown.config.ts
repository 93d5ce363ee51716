import { defineConfig } from 'tsdown'

const shared = { format: 'esm', platform: 'node', dts: true, fixedExtension: false } as const

export default defineConfig([
  {
    ...shared,
    entry: [
      'src/index.ts',
      'src/cli/main.ts',
      'src/stores/embedded/file-thread.ts',
      'src/client/{index,share,sse,wx,react,vue}.ts',
    ],
    // The server serves the SDK's modules as they are: each stays a file of its own.
    unbundle: true,
    copy: [{ from: 'src/http/pages', to: 'dist/http' }],
  },
  {
    ...shared,
    entry: { 'client/share-worker': 'src/client/share-worker.ts' },
    // A bundler copies a worker as one asset, without what it imports.
    outputOptions: { inlineDynamicImports: true },
    clean: false,
  },
])
