// Says on stderr what the bench does right now; stdout is for the result.

export class Progress {
  readonly #start = performance.now()

  say(text: string): void {
    const seconds = Math.round((performance.now() - this.#start) / 1_000)
    process.stderr.write(`[${String(seconds).padStart(4)} s] ${text}\n`)
  }
}
