import { expect, test } from 'bun:test'
import { approachOf } from './approach.ts'

const headers: Record<string, string> = { origin: 'http://a', cookie: 'c=1', 'user-agent': 'x' }

function request(url: string) {
  return { url, header: (name: string) => headers[name] ?? null, address: '127.0.0.1', protocols: [] }
}

test.each<[string, string | null]>([
  ['/', null],
  ['/ws?token=abc', 'abc'],
  ['/ws?x=1&token=a%2Bb+c&y=2', 'a+b c'],
  ['/ws?token=', null],
  ['/ws?mytoken=abc', null],
  ['/token=abc', null],
  ['/ws?token=first&token=second', 'first'],
  ['/ws?token=%', '%'],
])('%s', (url, token) => {
  expect(approachOf(request(url), false)).toEqual({ token, origin: null, cookie: null, userAgent: null })
})

test('headers are kept only where somebody will look at them', () => {
  expect(approachOf(request('/?token=t'), true)).toEqual({
    token: 't',
    origin: 'http://a',
    cookie: 'c=1',
    userAgent: 'x',
  })
})
