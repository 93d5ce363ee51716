// Systole inside a small host program that pushes to all members when the bench says 'fan'. Fan-out is an act of the
// host: the plain server has no frame for it.

import pino from 'pino'
import { settingsOf, startSystole } from '../../src/index.ts'
import { control, messageOf, portArgument } from '../baselines/control.ts'

const settings = settingsOf({ port: portArgument(), data: 'off' })
const server = await startSystole(settings, pino({ level: 'silent' }))

control({
  fan: bytes => {
    server.pushToAll(messageOf(bytes)).catch(error => {
      console.error(error)
      process.exit(1)
    })
  },
})
