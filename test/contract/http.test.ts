import { setDefaultTimeout } from 'bun:test'
import { httpContract } from './http.ts'

setDefaultTimeout(60_000)

httpContract('bun')
httpContract('node')
