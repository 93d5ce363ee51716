// What counts as one address wherever something is counted by address: of IPv6 the network, since whoever has one address
// there has 2^64 of them.

let lastAddress = ''
let lastNetwork = ''

/**
 * The address itself, or the network (/64) of an IPv6 address; IPv4 written as IPv6 is no network. Asked several times in
 * a row for the same one.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  if (address !== lastAddress) {
    lastAddress = address
    lastNetwork = readNetwork(address)
  }
  return lastNetwork
}

function readNetwork(address: string): string {
  if (/^::ffff:[\d.]+$/i.test(address)) return address
  const [head, tail] = address.split('::').map(half => (half === '' ? [] : half.split(':')))
  const groups = head ?? []
  if (tail !== undefined) {
    // an IPv4 address at the end stands for two groups
    const written = groups.length + tail.length + (tail.at(-1)?.includes('.') ? 1 : 0)
    groups.push(...Array<string>(Math.max(0, 8 - written)).fill('0'), ...tail)
  }
  const network = groups.slice(0, 4).map(group => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}
