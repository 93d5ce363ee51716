import { transportContract } from './transport.ts'

transportContract('bun')
transportContract('node')
