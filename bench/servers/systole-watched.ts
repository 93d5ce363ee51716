// Systole inside a host program that says how long its loop was blocked. Its connections are probed so seldom that
// what is measured is what watchers cost, and nothing else.

import pino from 'pino'
import { settingsOf, startSystole } from '../../src/index.ts'
import { control, portArgument } from '../baselines/control.ts'
import { BlockMeter } from './block-meter.ts'

const SELDOM = 600_000

const settings = settingsOf({
  port: portArgument(),
  data: 'off',
  interval: SELDOM,
  timeout: SELDOM,
  grace: SELDOM,
})
await startSystole(settings, pino({ level: 'warn' }))
const meter = new BlockMeter()

control({
  meter: () => meter.start(),
  blocks: () => meter.stop(),
})
