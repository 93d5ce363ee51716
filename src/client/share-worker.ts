// The module that a shared worker runs: every tab that connects is let in to the one hub. It does nothing else.

import { makeHub } from './share-hub.ts'

const join = makeHub()

addEventListener('connect', event => join((event as MessageEvent).ports[0]!))
