// The Vue page: `npx bun examples/vue/serve.ts`. The build of Vue that compiles templates in the page stands in for the
// compiler of your project.

import type { BunPlugin } from 'bun'
import { serve } from '../shared/serve.ts'

const withCompiler: BunPlugin = {
  name: 'vue with its compiler',
  setup(build) {
    const path = Bun.resolveSync('vue/dist/vue.esm-bundler.js', import.meta.dirname)
    build.onResolve({ filter: /^vue$/ }, () => ({ path }))
  },
}

await serve({ folder: import.meta.dirname, script: 'app.ts', plugins: [withCompiler] })
