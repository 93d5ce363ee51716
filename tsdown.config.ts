import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/index.ts', 'src/cli/main.ts', 'src/stores/embedded/file-thread.ts'],
  format: 'esm',
  platform: 'node',
  dts: true,
  unbundle: true,
  fixedExtension: false,
  copy: [{ from: 'src/http/pages', to: 'dist/http' }],
})
