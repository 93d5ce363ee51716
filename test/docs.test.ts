// The reference pages say what the program does. `REWRITE=1 bun test test/docs.test.ts` writes the made ones anew.

import { describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { optionsReference } from '../src/cli/reference.ts'
import { PRESETS } from '../src/core/timing.ts'
import { ROUTES } from '../src/http/app.ts'
import { memberList } from '../src/http/members.ts'
import { sessionList } from '../src/http/sessions.ts'
import { CLOSES } from '../src/protocol/close-codes.ts'
import { ERRORS } from '../src/protocol/errors.ts'
import { LIMITS } from '../src/protocol/limits.ts'
import { stubMember, stubPresenceServer, stubSession } from './support/stub-presence-server.ts'

const page = (name: string) => new URL(`../docs/reference/${name}`, import.meta.url)
const read = (name: string) => readFileSync(page(name), 'utf8')

test('options.md is the reference made from the schema', () => {
  const made = optionsReference()
  if (process.env.REWRITE === '1') writeFileSync(page('options.md'), made)
  expect(read('options.md')).toBe(made)
})

describe('http.md', () => {
  const text = read('http.md')
  const server = stubPresenceServer({
    members: [stubMember({ id: '7' })],
    sessions: [stubSession({ id: '12', member: '7' })],
  })

  test('has a section for each route', () => {
    for (const path of Object.keys(ROUTES)) expect(text).toContain(`## \`${path}\`\n`)
  })

  test('shows lists with exactly the keys they have', async () => {
    const [members, sessions] = [...text.matchAll(/```json\n(\{\n[\s\S]*?)```/g)].map(([, json]) =>
      JSON.parse(json!),
    )
    const list = await (await memberList(server, new Request('http://localhost/v1/members'))).json()
    const open = await sessionList(server, new Request('http://localhost/v1/sessions')).json()
    expect([Object.keys(members), Object.keys(members.members[0])]).toEqual([
      Object.keys(list),
      Object.keys(list.members[0]),
    ])
    expect(Object.keys(sessions.sessions[0])).toEqual(Object.keys(open.sessions[0]))
  })

  test('names each field of the health answer', () => {
    for (const field of Object.keys(server.status())) expect(text).toContain(`\`${field}\``)
  })
})

describe('PROTOCOL.md', () => {
  const file = new URL('../PROTOCOL.md', import.meta.url)
  const text = () => readFileSync(file, 'utf8')

  const tables: [name: string, made: string][] = [
    ['errors', errorTable()],
    ['closes', closeTables()],
  ]
  for (const [name, made] of tables)
    test(`the table of ${name} is the one in the code`, () => {
      const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`]
      const around = (part: string) => part.split(begin).flatMap(piece => piece.split(end))
      expect(around(text())).toHaveLength(3)
      const [before, , after] = around(text())
      if (process.env.REWRITE === '1') writeFileSync(file, `${before}${begin}${made}${end}${after}`)
      expect(around(text())[1]).toBe(made)
    })

  test('has a section for each message, and the sections no other', () => {
    const source = readFileSync(new URL('../src/protocol/messages.ts', import.meta.url), 'utf8')
    const types = [...source.matchAll(/readonly t: ('\w+'(?: \| '\w+')*)/g)].flatMap(([, names]) =>
      names!.split(' | ').map(name => name.slice(1, -1)),
    )
    const headings = [...text().matchAll(/^### (`.*)$/gm)].flatMap(([, names]) =>
      [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
    )
    expect(types.length).toBeGreaterThan(20)
    expect(headings.sort()).toEqual([...new Set(types)].sort())
  })

  test('each demand has a number of its own, and every number meant is there', () => {
    const numbers = [...text().matchAll(/^- \[([A-Z]\d+)\]/gm)].map(([, number]) => number!)
    expect(numbers.length).toBeGreaterThan(60)
    expect(new Set(numbers).size).toBe(numbers.length)
    for (const [, number] of text().matchAll(/\[([A-Z]\d+)\]/g)) expect(numbers).toContain(number!)
  })

  test('nothing is demanded without a number', () => {
    const [, body = ''] = text().split('## Nomenclature')
    const unnumbered = body.split(/\n(?=\S)/).filter(piece => /\bMUST\b/.test(piece) && !/^- \[/.test(piece))
    expect(unnumbered).toEqual([])
  })

  test('names each preset and limit as it is', () => {
    const number = (value: number) => value.toLocaleString('en')
    for (const [name, { interval, timeout, grace }] of Object.entries(PRESETS))
      expect(text()).toContain(`| \`${name}\` | ${[interval, timeout, grace].map(number).join(' | ')} |`)
    const { helloBytes, nameBytes, typeBytes, profileBytes, statusBytes, tokenBytes, dataBytes, ids } = LIMITS
    for (const row of [
      `| a hello | ${number(helloBytes)} bytes |`,
      `| ${[nameBytes, typeBytes, profileBytes].map(number).join(' · ')} bytes |`,
      `| \`status.text\` | ${statusBytes} bytes |`,
      `| \`token\` | ${number(tokenBytes)} bytes |`,
      `\`limits.message\`: ${number(dataBytes)} bytes |`,
      `\`limits.ask\`: ${number(ids)} |`,
      `nested over ${LIMITS.depth} deep`,
      `a string of 1 to ${LIMITS.messageIdLength}\ncharacters`,
    ])
      expect(text()).toContain(row)
  })
})

function errorTable(): string {
  const rows = Object.entries(ERRORS).map(([code, { meaning, close, ...more }]) => {
    const inHello = 'inHello' in more ? `stays; in a hello close ${more.inHello}` : 'stays'
    return `| \`${code}\` | ${meaning} | ${close === null ? inHello : `close ${close}`} |`
  })
  return tableOf(['code', 'meaning', 'connection'], rows)
}

function closeTables(): string {
  const bands: [title: string, least: number, below: number][] = [
    ['Codes of RFC 6455', 1000, 4000],
    ['4000-4499: come back', 4000, 4500],
    ['4500-4999: stay away', 4500, 5000],
  ]
  const all = Object.entries(CLOSES).sort(([, a], [, b]) => a.code - b.code)
  return bands
    .map(([title, least, below]) => {
      const rows = all
        .filter(([, { code }]) => code >= least && code < below)
        .map(
          ([name, { code, from, meaning, next }]) =>
            `| ${code} | \`${name}\` | ${from} | ${meaning} | ${next} |`,
        )
      return `\n${title}\n\n${tableOf(['code', 'name', 'from', 'meaning', 'what follows'], rows)}`
    })
    .join('')
    .slice(1)
}

function tableOf(head: readonly string[], rows: readonly string[]): string {
  return `${[`| ${head.join(' | ')} |`, `|${head.map(() => '---|').join('')}`, ...rows].join('\n')}\n`
}
