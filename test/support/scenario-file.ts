// The form of a scenario file: comments, blocks of commands, `----`, and what they printed. It only takes a file
// apart and puts it together again; it knows no command.

/** Commands that stand together, and what the file says they print. */
export interface Block {
  /** Comment lines and blank lines before the commands, as they stand. */
  readonly head: readonly string[]
  readonly commands: readonly string[]
  readonly printed: readonly string[]
}

const RULE = '----'

/** Takes a scenario file apart. */
export function parseScenario(text: string): Block[] {
  const blocks: Block[] = []
  let head: string[] = []
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; ) {
    const line = lines[i]!
    if (line === '' || line.startsWith('#')) {
      head.push(line)
      i++
      continue
    }
    const commands = takeUntil(lines, i, at => at === RULE || at === '')
    i += commands.length + (lines[i + commands.length] === RULE ? 1 : 0)
    const printed = takeUntil(lines, i, at => at === '')
    i += printed.length
    blocks.push({ head, commands, printed })
    head = []
  }
  return blocks
}

/** The file with what was really printed. */
export function formatScenario(blocks: readonly Block[], printed: readonly (readonly string[])[]): string {
  const parts = blocks.map(({ head, commands }, i) => [...head, ...commands, RULE, ...printed[i]!].join('\n'))
  return `${parts.join('\n')}\n`
}

function takeUntil(lines: readonly string[], from: number, ends: (line: string) => boolean): string[] {
  const end = lines.findIndex((line, i) => i >= from && ends(line))
  return lines.slice(from, end === -1 ? lines.length : end)
}
