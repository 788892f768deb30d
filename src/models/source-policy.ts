import { isIP } from 'node:net'
import { JobFailureError } from '../domain/failure-codes.ts'
import { isLinkLocalAddress, isPublicAddress } from './public-address.ts'

export interface SourcePolicyOptions {
  /** `MODEL_HOSTS`: names, `*.example.org` for all below one, `*` for every public host. */
  readonly hosts: readonly string[]
  /** `ALLOW_PRIVATE_HOSTS`. */
  readonly allowsPrivate: boolean
}

/** Which addresses models and inputs may come from. Throws `E_DENY` where they may not. */
export class SourcePolicy {
  readonly #options: SourcePolicyOptions

  constructor(options: SourcePolicyOptions) {
    this.#options = options
  }

  /** The same for the operator's own commands and catalogue: any host by name, private ones only where they are allowed. */
  forOperator(): SourcePolicy {
    return new SourcePolicy({ ...this.#options, hosts: ['*'] })
  }

  /** What can be told of a URL before its name is looked up; asked again for each redirect. */
  checkUrl(url: URL): void {
    const { hosts, allowsPrivate } = this.#options
    const shown = `${url.protocol}//${url.host}`
    if (url.username !== '' || url.password !== '') {
      throw new JobFailureError('E_DENY', `${shown}: a URL with a user name or password is not taken`)
    }
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowsPrivate)) {
      throw new JobFailureError('E_DENY', `${shown}: only https is fetched${allowsPrivate ? ', and http' : ''}`)
    }
    const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
    if (!hosts.some((pattern) => matches(host, pattern)) && !(allowsPrivate && isIP(host) !== 0 && !isPublicAddress(host))) {
      throw new JobFailureError(
        'E_DENY',
        `${host} is not among the hosts that this miner fetches from: ${hosts.join(', ') || 'none'}`,
      )
    }
    if (isIP(host) !== 0) this.checkAddress(host, url.protocol)
  }

  /** Asked for the address that is about to be connected to, so that no name can be made to point inwards between check and use. */
  checkAddress(address: string, protocol: string): void {
    const isPublic = isPublicAddress(address)
    if (!isPublic && !this.#options.allowsPrivate) {
      throw new JobFailureError('E_DENY', `${address} is a private or special address, which this miner does not fetch from`)
    }
    if (isLinkLocalAddress(address)) {
      throw new JobFailureError(
        'E_DENY',
        `${address} is a link-local address, where clouds keep keys of their machines: none is fetched from`,
      )
    }
    if (isPublic && protocol === 'http:')
      throw new JobFailureError('E_DENY', `${address}: public hosts are fetched from by https only`)
  }
}

function matches(host: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase()
  if (wanted === '*') return true
  return wanted.startsWith('*.') ? host.toLowerCase().endsWith(wanted.slice(1)) : host.toLowerCase() === wanted
}
