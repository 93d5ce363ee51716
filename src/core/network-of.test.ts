import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { networkOf } from './network-of.ts'

describe('what counts as one address', () => {
  const table: [string, string][] = [
    ['203.0.113.7', '203.0.113.7'],
    ['', ''],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1:2:3:4', 'fe80:0:0:0::/64'],
    ['::5:6:7:8', '0:0:0:0::/64'],
    ['::4:5:6:7:8', '0:0:0:4::/64'],
    ['::ffff:203.0.113.7', '::ffff:203.0.113.7'],
    ['2001:DB8:0:7:1:2:3:4', '2001:db8:0:7::/64'],
    ['fe80::1:2:3:4%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:203.0.113.7', '1:2:3:4::/64'],
  ]
  for (const [address, network] of table)
    test(`${address} is ${network}`, () => expect(networkOf(address)).toBe(network))

  test('any two addresses of a network', () => {
    const part = fc.integer({ min: 0, max: 0xffff }).map(number => number.toString(16))
    const half = fc.array(part, { minLength: 4, maxLength: 4 })
    const run = (net: string[], one: string[], other: string[]) =>
      expect(networkOf([...net, ...one].join(':'))).toBe(networkOf([...net, ...other].join(':')))
    fc.assert(fc.property(half, half, half, run))
  })
})
