// The golden scenarios: each text file is played against the two judges, and must print what it says. REWRITE=1
// writes what was printed into the files; read every line of the diff against the presence law before you keep it.

import { expect, test } from 'bun:test'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Scenario } from './support/scenario-commands.ts'
import { formatScenario, parseScenario } from './support/scenario-file.ts'

const folder = new URL('./scenarios/', import.meta.url)
const files = readdirSync(folder).filter(name => name.endsWith('.txt'))

test('there are scenarios', () => {
  expect(files.length).toBeGreaterThanOrEqual(30)
})

for (const name of files) {
  test(name, () => {
    const file = new URL(name, folder)
    const text = readFileSync(file, 'utf8')
    const blocks = parseScenario(text)
    const scenario = new Scenario()
    const played = formatScenario(
      blocks,
      blocks.map(({ commands }) => scenario.run(commands)),
    )
    if (process.env.REWRITE === '1') writeFileSync(file, played)
    else expect(played).toBe(text)
  })
}
