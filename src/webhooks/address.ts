// Which addresses are out on the public internet. Whoever lets others name a host to connect to must ask here about every
// address the name stands for (CWE-918): a name may stand for this machine, its neighbours, or a cloud's metadata service.
// Ranges: the IANA special-purpose address registries (RFC 6890 and what was added since).

import { BlockList, isIP } from 'node:net'

/** Not public, by network and length of its prefix. */
const SPECIAL_4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const

/** Within 2000::/3, outside of which nothing is public. Tunnels (2001::/32, 2002::/16) hide an IPv4 address. */
const SPECIAL_6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const

const special = new BlockList()
for (const [network, prefix] of SPECIAL_4) special.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of SPECIAL_6) special.addSubnet(network, prefix, 'ipv6')
const global = new BlockList()
global.addSubnet('2000::', 3, 'ipv6')

/** False also for what is no IP address. An IPv4 address in an IPv6 form is judged as what it is. */
export function isPublic(address: string): boolean {
  const plain = unmapped(address.split('%')[0]!)
  if (isIP(plain) === 4) return !special.check(plain, 'ipv4')
  return isIP(plain) === 6 && global.check(plain, 'ipv6') && !special.check(plain, 'ipv6')
}

// The address in its one canonical form is what a URL makes of it: ::ffff:a00:1
function unmapped(address: string): string {
  if (isIP(address) !== 6) return address
  const match = /^\[::ffff:([\da-f]{1,4}):([\da-f]{1,4})\]$/.exec(new URL(`http://[${address}]`).hostname)
  if (match === null) return address
  const bits = (Number.parseInt(match[1]!, 16) << 16) | Number.parseInt(match[2]!, 16)
  return [24, 16, 8, 0].map(shift => (bits >>> shift) & 255).join('.')
}
