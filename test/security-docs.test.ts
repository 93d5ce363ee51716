// SECURITY.md promises tests and options: each must be there.

import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { optionRows } from '../src/server/options/option-table.ts'

const ROOT = new URL('../', import.meta.url)
const text = readFileSync(new URL('SECURITY.md', ROOT), 'utf8')

test('every test it names exists', () => {
  const named = [...new Set([...text.matchAll(/`((?:src|test)\/[\w./-]+\.ts)`/g)].map(([, path]) => path!))]
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter(path => !existsSync(new URL(path, ROOT)))).toEqual([])
})

test('every option it names exists, and every limit is named', () => {
  const flags = optionRows.map(({ flag }) => flag.split(' ')[0]!)
  const named = [...new Set([...text.matchAll(/`(--[a-z-]*[a-z])(?: null)?`/g)].map(([, flag]) => flag!))]
  expect(named.filter(flag => !flags.includes(flag))).toEqual([])
  const limits = flags.filter(flag => flag.startsWith('--limits-'))
  expect(limits.length).toBeGreaterThan(8)
  expect(limits.filter(flag => !named.includes(flag))).toEqual([])
})
