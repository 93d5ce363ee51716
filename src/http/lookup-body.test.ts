import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { readLookup } from './lookup-body.ts'

// read as one object: neither the first key nor the end is where the short way looks for it
const longWay = (text: string) => {
  const { ids, details = false } = JSON.parse(text)
  return { ids: [...new Set(ids)], details }
}

const outcome = (run: () => unknown) => {
  try {
    return run()
  } catch (error) {
    return (error as { code?: string }).code ?? 'bad_body'
  }
}

test('a list that is cut apart reads like one that is parsed', () => {
  const id = fc.oneof(
    fc.string({ minLength: 1, maxLength: 8 }),
    fc.constantFrom('a","b', ',', '[', ']', '"', '\\', '张'),
  )
  const blank = fc.constantFrom('', ' ', '\n', '  ')
  fc.assert(
    fc.property(
      fc.array(id, { minLength: 1, maxLength: 300, size: 'max' }),
      fc.array(blank, { minLength: 9, maxLength: 9 }),
      fc.constantFrom('', ',"details":true', ', "details" : false', ',"details":1', ',"x":true'),
      (ids, [a, b, c, d, e, f, g, h, i], more) => {
        const clean = ids.filter(one => !/\p{Cc}/u.test(one) && one.isWellFormed())
        if (clean.length === 0) return
        const list = clean.map(one => JSON.stringify(one)).join(`${e},${f}`)
        const text = `${a}{${b}"ids"${c}:${d}[${g}${list}${h}]${i}${more}}`
        const wrong = more.endsWith('1') || more.endsWith('x":true')
        expect(outcome(() => readLookup(text))).toEqual(wrong ? 'bad_body' : longWay(text))
      },
    ),
    { numRuns: 300 },
  )
})

const ids = Array.from({ length: 200 }, (_, i) => `member-${i}`)
const list = ids.map(id => `"${id}"`).join(',')

test.each([
  ['a number among them', `{"ids":[${list},7]}`, { ids: [...ids, '7'], details: false }],
  ['blanks here and there', `{"ids":[${list}, "x","y"]}`, { ids: [...ids, 'x', 'y'], details: false }],
  ['twice the same', `{"ids":[${list},${list}],"details":true}`, { ids, details: true }],
  ['another list before', `{"details":true,"ids":[${list}]}`, { ids, details: true }],
  ['the same key twice', `{"ids":[${list}],"ids":["last"]}`, { ids: ['last'], details: false }],
  [
    'only one, and long',
    `{"ids":["${'x'.repeat(256)}"${' '.repeat(900)}]}`,
    { ids: ['x'.repeat(256)], details: false },
  ],
])('%s', (_, text, read) => {
  expect(readLookup(text)).toEqual(read)
})

test.each([
  ['no end', `{"ids":[${list}`],
  ['nothing between', `{"ids":[${list.replace(',', '')}]}`],
  ['a comma too many', `{"ids":[${list},]}`],
  ['something behind', `{"ids":[${list}]} {}`],
  ['a control character', `{"ids":[${list},"\u0001"]}`],
  ['a line break in one', `{"ids":[${list},"a\nb"]}`],
  ['an empty one', `{"ids":[${list},""]}`],
  ['one that is too long', `{"ids":[${list},"${'x'.repeat(257)}"]}`],
  ['half a pair', `{"ids":[${list},"\ud800"]}`],
])('%s is refused', (_, text) => {
  expect(outcome(() => readLookup(text))).toMatch(/^bad_(id|body)$/)
})
