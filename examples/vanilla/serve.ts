// The page without a build step: `npx bun examples/vanilla/serve.ts`. It loads the SDK from the presence server itself.

import { serve } from '../shared/serve.ts'

await serve({ folder: import.meta.dirname })
