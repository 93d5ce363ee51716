// The reference pages say what the program does. `REWRITE=1 bun test test/docs.test.ts` writes the made ones anew.

import { describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { optionsReference } from '../src/cli/reference.ts'
import { PRESETS } from '../src/core/timing.ts'
import { docRoutes } from '../src/http/doc-routes.ts'
import { ROUTES } from '../src/http/routes.ts'
import { CLOSES } from '../src/protocol/close-codes.ts'
import { ERRORS } from '../src/protocol/errors.ts'
import { LIMITS } from '../src/protocol/limits.ts'
import { httpReference } from './support/http-reference.ts'
import { appOf } from './support/stub-desk.ts'
import { stubMember, stubPresenceServer, stubSession } from './support/stub-presence-server.ts'

const page = (name: string) => new URL(`../docs/reference/${name}`, import.meta.url)
const read = (name: string) => readFileSync(page(name), 'utf8')

test('options.md is the reference made from the schema', () => {
  const made = optionsReference()
  if (process.env.REWRITE === '1') writeFileSync(page('options.md'), made)
  expect(read('options.md')).toBe(made)
})

describe('http.md', () => {
  const server = stubPresenceServer({
    members: [stubMember({ id: '7' })],
    sessions: [stubSession({ id: '12', member: '7' })],
  })
  const all = [...ROUTES, ...docRoutes(ROUTES)]

  for (const [name, made] of Object.entries(httpReference(all)))
    test(`the part ${name} is made from the routes`, () => {
      const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`]
      const around = (part: string) => part.split(begin).flatMap(piece => piece.split(end))
      expect(around(read('http.md'))).toHaveLength(3)
      const [before, , after] = around(read('http.md'))
      if (process.env.REWRITE === '1')
        writeFileSync(page('http.md'), `${before}${begin}${made}${end}${after}`)
      expect(around(read('http.md'))[1]).toBe(made)
    })

  test('has a section for each route, and links that lead to it', () => {
    const text = read('http.md')
    for (const { method, path } of all) expect(text).toContain(`### \`${method.toUpperCase()} ${path}\`\n`)
    const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!))
    const links = [...text.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor!)
    expect(links.length).toBeGreaterThan(all.length)
    for (const link of links) expect(anchors).toContain(link)
    expect(new Set(anchors).size).toBe(anchors.length)
  })

  test('shows lists with exactly the keys they have', async () => {
    const app = appOf(server)
    const shown = [...read('http.md').matchAll(/```json\n(\{\n[\s\S]*?)```/g)].map(([, json]) =>
      JSON.parse(json!),
    )
    for (const list of ['members', 'sessions']) {
      const answer = await (await app(new Request(`http://localhost/v1/${list}`))).json()
      const example = shown.find(json => Object.hasOwn(json, list))
      expect(Object.keys(example)).toEqual(Object.keys(answer))
      expect(Object.keys(example[list][0])).toEqual(Object.keys(answer[list][0]))
    }
    const problem = await (await app(new Request('http://localhost/v1/members?limit=0'))).json()
    expect(shown.find(json => Object.hasOwn(json, 'code'))).toEqual(problem)
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

// as the sites that show these pages make it of a heading
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}
