// A second machine on this one: a network namespace behind a cable (a veth pair) that a test can cut. Needs root.
// Names and addresses are this process's own, and everything is taken away again when it ends, however it ends.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Runtime } from './server-process.ts'

const binaryOf = (runtime: Runtime) =>
  fileURLToPath(new URL(`../../node_modules/.bin/${runtime}`, import.meta.url))
let made = 0

export class Machine {
  /** Address of this side of the cable: where a server for the other machine listens. */
  readonly address: string
  readonly #name: string
  readonly #near: string
  readonly #far: string
  readonly #children: ChildProcess[] = []
  readonly #onExit = () => this.remove()

  constructor() {
    const id = `${process.pid.toString(36)}${made++}`
    this.#name = `systole-${id}`
    this.#near = `sy${id}n`
    this.#far = `sy${id}f`
    // 198.18.0.0/15 is for tests of networks (RFC 2544): four addresses of it for each cable
    const net = `198.${18 + ((process.pid >> 12) & 1)}.${(process.pid >> 4) & 255}`
    const base = ((process.pid & 15) * 4 + made * 64) % 252
    this.address = `${net}.${base + 1}`
    process.once('exit', this.#onExit)
    try {
      ip('netns', 'add', this.#name)
      ip('link', 'add', this.#near, 'type', 'veth', 'peer', 'name', this.#far)
      ip('link', 'set', this.#far, 'netns', this.#name)
      ip('addr', 'add', `${this.address}/30`, 'dev', this.#near)
      ip('link', 'set', this.#near, 'up')
      ip('-n', this.#name, 'addr', 'add', `${net}.${base + 2}/30`, 'dev', this.#far)
      this.mend()
    } catch (error) {
      this.remove()
      throw error
    }
  }

  /** From here on no packet gets through, and neither side is told. */
  cut(): void {
    ip('-n', this.#name, 'link', 'set', this.#far, 'down')
  }

  mend(): void {
    ip('-n', this.#name, 'link', 'set', this.#far, 'up')
  }

  /** Runs a program over there. */
  run(program: string, ...args: string[]): ChildProcess {
    return this.runOn('bun', program, ...args)
  }

  runOn(runtime: Runtime, program: string, ...args: string[]): ChildProcess {
    const file = fileURLToPath(new URL(program, import.meta.url))
    const words = ['netns', 'exec', this.#name, binaryOf(runtime), file, ...args]
    const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#children.push(child)
    return child
  }

  remove(): void {
    process.off('exit', this.#onExit)
    for (const child of this.#children) child.kill('SIGKILL')
    spawnSync('ip', ['link', 'del', this.#near])
    spawnSync('ip', ['netns', 'del', this.#name])
  }
}

function ip(...words: string[]): void {
  const { status, stderr, error } = spawnSync('ip', words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${error?.message ?? stderr.trim()}`)
}
