import { BlockList, isIP } from 'node:net'

/** Networks that are not the public internet (IANA special-purpose registries, RFC 6890), or that lead back into one that is not. */
const SPECIAL: readonly (readonly [string, number])[] = [
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
]
const SPECIAL6: readonly (readonly [string, number])[] = [
  // Only 2000::/3 is given out (RFC 4291): beside it lie loopback, mapped and translated IPv4, private and local ones.
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

/** Where the metadata services of clouds are, beside a few of their own. */
const LINK_LOCAL: readonly (readonly [string, number])[] = [
  ['169.254.0.0', 16],
  ['100.100.100.200', 32],
]
const LINK_LOCAL6: readonly (readonly [string, number])[] = [
  ['fe80::', 10],
  ['fd00:ec2::', 32],
  ['fd20:ce::', 32],
]

/** Whether an IP address belongs to the public internet. False for what is no address. */
export function isPublicAddress(address: string): boolean {
  return isIP(bare(address)) !== 0 && !isWithin(address, SPECIAL, SPECIAL6)
}

/** Whether an IP address is one that a machine asks for what its cloud tells it alone, such as keys. */
export function isLinkLocalAddress(address: string): boolean {
  return isWithin(address, LINK_LOCAL, LINK_LOCAL6)
}

type Networks = readonly (readonly [string, number])[]

function isWithin(address: string, networks: Networks, networks6: Networks): boolean {
  const version = isIP(bare(address))
  if (version === 0) return false
  const list = new BlockList()
  // These hold for IPv4 within IPv6 too, and the others, such as ::/3, would hold for all of IPv4.
  for (const [network, bits] of networks) list.addSubnet(network, bits, 'ipv4')
  if (version === 6) for (const [network, bits] of networks6) list.addSubnet(network, bits, 'ipv6')
  return list.check(bare(address), version === 4 ? 'ipv4' : 'ipv6')
}

function bare(address: string): string {
  return address.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
}
