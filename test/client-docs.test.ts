// The pages about the client say what its types say, and nothing else. `REWRITE=1 bun test test/client-docs.test.ts`
// writes the made tables of the reference anew; tables of words are written by hand and checked here.

import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { PRESETS } from '../src/core/timing.ts'
import { type Field, markdownTable, TypeDocs } from './support/type-docs.ts'
import { errorsOf } from './support/typed-examples.ts'

const root = new URL('../', import.meta.url)
const REFERENCE = new URL('docs/reference/client.md', root)
const GUIDE = new URL('docs/guide/client.md', root)
const reference = () => readFileSync(REFERENCE, 'utf8')
const guide = () => readFileSync(GUIDE, 'utf8')

const types = new TypeDocs(new URL('src/client/types.ts', root))
const host = new TypeDocs(new URL('src/client/host.ts', root))
const share = new TypeDocs(new URL('src/client/share.ts', root))

const MADE: Readonly<Record<string, string>> = {
  options: optionTable(types.fields('ClientOptions')),
  'share-options': optionTable(share.fields('ShareOptions')),
  client: fieldTable(types.fields('Client')),
  'state-change': fieldTable(types.fields('StateChange')),
  problem: fieldTable(types.fields('Problem').filter(({ name }) => name !== 'code')),
  view: fieldTable(types.fields('View')),
  watch: fieldTable(types.fields('Watch')),
  counts: fieldTable(types.fields('Counts')),
  status: optionTable(types.fields('Status')),
  host: fieldTable(host.fields('Host')),
  transport: fieldTable(host.fields('ClientTransport')),
  'line-events': fieldTable(host.fields('LineEvents')),
  line: fieldTable(host.fields('Line')),
}

/** Words by the heading of their table. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  States: types.texts('State'),
  Causes: types.texts('Cause'),
  Events: types.fields('Events').map(({ name }) => name),
  Problems: types.texts('Problem', 'code'),
  'What `send` answers': types.texts('Sent'),
  'Why a token is asked for': types.texts('TokenRequest', 'reason'),
  Signals: host.texts('Signal'),
}

describe('docs/reference/client.md', () => {
  for (const [name, made] of Object.entries(MADE))
    test(`the table of ${name} is made from the types`, () => {
      const [before, table, after] = pieces(reference(), name)
      if (process.env.REWRITE === '1')
        writeFileSync(REFERENCE, `${before}<!-- ${name} -->\n${made}<!-- /${name} -->${after}`)
      else expect(table).toBe(made)
    })

  test('has no other made table', () => {
    const marked = [...reference().matchAll(/^<!-- ([\w-]+) -->$/gm)].map(([, name]) => name!)
    expect(marked.sort()).toEqual(Object.keys(MADE).sort())
  })

  test('names each part of the package', () => {
    const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
    const promised = Object.keys(exports).flatMap(path =>
      path === '.' ? [] : [path.replace('.', 'systole')],
    )
    const named = [...reference().matchAll(/^\| `(systole\/[\w/-]+)` \|/gm)].map(([, name]) => name!)
    expect(named.sort()).toEqual(promised.sort())
  })

  test('each option says what it means, and its default where it may be left out', () => {
    for (const { name, text, byDefault } of types.fields('ClientOptions')) {
      expect(`${name}: ${text}`).toMatch(/: \S/)
      if (!WITHOUT_DEFAULT.has(name)) expect(`${name}: ${byDefault}`).toMatch(/: \S/)
    }
  })

  for (const [heading, words] of Object.entries(WORDS))
    test(`"${heading}" has exactly the words of the type`, () => {
      expect(words.length).toBeGreaterThan(1)
      expect(firstColumn(reference(), heading).sort()).toEqual([...words].sort())
    })
})

describe('docs/guide/client.md', () => {
  for (const heading of ['States', 'Problems'])
    test(`"${heading}" has exactly the words of the type`, () => {
      expect(firstColumn(guide(), heading).sort()).toEqual([...WORDS[heading]!].sort())
    })

  test('names each preset as it is', () => {
    const seconds = (ms: number) => ms / 1_000
    for (const [name, { interval, timeout, grace }] of Object.entries(PRESETS))
      expect(guide()).toContain(`| \`${name}\` | ${[interval, timeout, grace].map(seconds).join(' | ')} |`)
  })

  test('its code is sound TypeScript', () => {
    const examples = [...guide().matchAll(/```[tj]s\n([\s\S]*?)```/g)].map(([, text]) => text!)
    expect(examples.length).toBeGreaterThan(7)
    expect(errorsOf(examples)).toEqual([])
    expect(errorsOf(["client.watchAll('7')"])).toHaveLength(1)
  })
})

test('links of both pages lead somewhere', () => {
  const links = [GUIDE, REFERENCE].flatMap(page =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#]*)(#[^)]+)?\)/g)].map(
      ([, path = '', anchor = '']) => ({ file: new URL(path, page), path, anchor: anchor.slice(1), page }),
    ),
  )
  expect(links.length).toBeGreaterThan(8)
  for (const { file, path, anchor, page } of links) {
    expect(`${path}: ${existsSync(path === '' ? page : file)}`).toBe(`${path}: true`)
    if (anchor !== '') expect(anchors(readFileSync(path === '' ? page : file, 'utf8'))).toContain(anchor)
  }
})

/** Say nothing, say who this is, or are described by the type they are made of. */
const WITHOUT_DEFAULT = new Set(['member', 'getToken', 'name', 'type', 'profile'])

function optionTable(fields: readonly Field[]): string {
  const rows = fields.map(({ name, type, text, byDefault }) => [code(name), code(type), byDefault, text])
  return markdownTable(['option', 'type', 'default', 'means'], rows)
}

function fieldTable(fields: readonly Field[]): string {
  const rows = fields.map(({ name, type, text, byDefault }) => [
    code(type.startsWith(name) ? type : `${name}: ${type}`),
    byDefault === '' ? text : `${text} Default: ${byDefault}.`,
  ])
  return markdownTable(['what', 'means'], rows)
}

function code(text: string): string {
  return `\`${text}\``
}

function pieces(text: string, name: string): [before: string, table: string, after: string] {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`]
  const found = text.split(begin).flatMap(piece => piece.split(end))
  expect(found).toHaveLength(3)
  return found as [string, string, string]
}

/** First words, in code, of the rows of the table below a heading. */
function firstColumn(text: string, heading: string): string[] {
  const [, below = ''] = text.split(new RegExp(`^#+ ${heading}$`, 'm'))
  const [section = ''] = below.split(/^#+ /m)
  return [...section.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, word]) => word!),
  )
}

function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}
