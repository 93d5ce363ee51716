import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/cli/main.ts',
    'src/stores/embedded/file-thread.ts',
    'src/client/{index,share,share-worker,sse,wx,react,vue}.ts',
  ],
  format: 'esm',
  platform: 'node',
  dts: true,
  // The server serves the SDK's modules as they are: each stays a file of its own.
  unbundle: true,
  fixedExtension: false,
  copy: [{ from: 'src/http/pages', to: 'dist/http' }],
})
