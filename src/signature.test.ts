// Against the example of the Standard Webhooks specification, and what counts as a secret.

import { expect, test } from 'bun:test'
import { secretBytes, sign } from './signature.ts'

test('signs as the published example of the specification', () => {
  const secret = secretBytes('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')!
  const body = '{"test": 2432232314}'
  expect(sign(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, body)).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('a body of bytes is signed like its text', () => {
  const secret = new Uint8Array(32).fill(7)
  const text = sign(secret, 'a', 1, '{"name":"Zoë"}')
  expect(sign(secret, 'a', 1, new TextEncoder().encode('{"name":"Zoë"}'))).toEqual(text)
  expect(sign(secret, 'b', 1, '{"name":"Zoë"}')['webhook-signature']).not.toBe(text['webhook-signature'])
})

test.each([24, 64])('%d bytes are a secret', length => {
  const bytes = new Uint8Array(length).fill(1)
  expect(secretBytes(`whsec_${Buffer.from(bytes).toString('base64')}`)).toEqual(Buffer.from(bytes))
})

test.each([
  '',
  'whsec_',
  'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  'whsec_not base64 at all, but long enough',
  `whsec_${Buffer.alloc(23).toString('base64')}`,
  `whsec_${Buffer.alloc(65).toString('base64')}`,
])('%j is none', text => {
  expect(secretBytes(text)).toBeNull()
})
