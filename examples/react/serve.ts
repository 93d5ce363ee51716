// The React page: `npx bun examples/react/serve.ts`.

import { serve } from '../shared/serve.ts'

await serve({ folder: import.meta.dirname, script: 'app.jsx' })
