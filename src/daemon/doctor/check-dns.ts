import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { errorCode } from '../../domain/error-code.ts'
import type { Check } from './check.ts'
import { failed, good } from './finding.ts'
import { reasonOf } from './system-error.ts'
import { hostOf } from './host-of.ts'

/** Whether the coordinator's name leads to an address. */
export const DNS_CHECK: Check = {
  id: 'dns',
  name: 'DNS',
  needs: ['conf'],
  limitMs: 10_000,
  ifLate: 'no name server answers: check the network and /etc/resolv.conf',
  run: async ({ config: { coordUrl } }) => {
    const host = hostOf(coordUrl)
    if (isIP(host) !== 0) return [good(`${host} is an address: there is nothing to look up`)]
    try {
      const addresses = await lookup(host, { all: true })
      return [good(`${host} is ${addresses.map(({ address }) => address).join(', ')}`)]
    } catch (error) {
      const code = errorCode(error)
      if (code === 'ENOTFOUND') {
        return [
          failed(
            `${host} is not found`,
            `check COORD_URL for a slip; does this machine find other names? getent hosts deb.debian.org`,
          ),
        ]
      }
      if (code === 'EAI_AGAIN') {
        return [failed(`${host} cannot be looked up: no name server answers`, 'check the network and /etc/resolv.conf')]
      }
      return [failed(`${host} cannot be looked up: ${reasonOf(error)}`, 'check COORD_URL and /etc/resolv.conf')]
    }
  },
}
