// Runs the tests. First finds the programs that some of them need (a browser, Redis, network namespaces): installs
// what is missing where that is possible without asking, else stops with the command to type. Nothing is skipped.

import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NEEDED = [
  { program: 'chromium', debian: 'chromium' },
  { program: 'redis-server', debian: 'redis-server' },
  { program: 'ip', debian: 'iproute2' },
]

const long = process.argv.includes('--long')
const rest = process.argv.slice(2).filter(word => word !== '--long')

const missing = NEEDED.filter(({ program }) => !isInstalled(program))
if (missing.length > 0) install(missing.map(({ debian }) => debian))
process.exit(
  run(
    process.execPath,
    ['test', '--timeout', '120000', ...rest],
    long ? { TEST_LONG: '1', PROPERTY_RUNS: '50000', FUZZ_FRAMES: '150000' } : {},
  ),
)

function isInstalled(program: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function install(packages: string[]): void {
  const typed = `sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}`
  console.log(`installing what the tests need: ${packages.join(', ')}`)
  const update = apt(['update'])
  const install = apt(['install', '-y', ...packages])
  if (update === 0 && install === 0) return
  console.error(`the tests need ${packages.join(', ')}; install them first:\n  ${typed}`)
  process.exit(1)
}

function apt(args: string[]): number {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  return process.getuid?.() === 0 ? run('apt-get', args, env) : run('sudo', ['-n', 'apt-get', ...args], env)
}

function run(command: string, args: string[], env: Record<string, string> = {}): number {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  if (error !== undefined) console.error(`${command}: ${error.message}`)
  return status ?? 1
}
