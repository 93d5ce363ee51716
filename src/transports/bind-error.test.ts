import { expect, test } from 'bun:test'
import { bindError } from './bind-error.ts'

function failure(code: string): Error {
  return Object.assign(new Error(`listen ${code}`), { code })
}

test('every refusal names the address and the option that mends it', () => {
  for (const [code, kind, option] of [
    ['EADDRINUSE', 'port_taken', '--port'],
    ['EACCES', 'bind_refused', '--port'],
    ['EADDRNOTAVAIL', 'bind_refused', '--host'],
    ['EINVAL', 'bind_refused', '--host'],
  ] as const) {
    const cause = failure(code)
    const error = bindError(cause, '10.0.0.1', 80)
    expect([error.code, error.cause]).toEqual([kind, cause])
    expect(error.message).toContain('10.0.0.1:80')
    expect(error.message).toContain(option)
  }
})

test('an IPv6 address stands in brackets', () => {
  expect(bindError(failure('EADDRINUSE'), '::1', 9502).message).toContain('[::1]:9502')
})
