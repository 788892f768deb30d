import type { TLSSocket } from 'node:tls'
import { failed, good, warning } from './finding.ts'
import type { Finding } from './finding.ts'

const DAY_MS = 86_400_000
const WARN_DAYS = 10

/** What a TLS handshake showed. */
export interface Handshake {
  /** Why the certificate is not trusted, as Node's code; null when it is. */
  readonly fault: string | null
  readonly protocol: string
  /** Names of who it is for and who made it. */
  readonly subject: string
  readonly issuer: string
  /** Epoch milliseconds. */
  readonly untilMs: number
}

/** Reads it off a socket that has just connected. */
export function readHandshake(socket: TLSSocket): Handshake {
  const { subject, issuer, valid_to: validTo } = socket.getPeerCertificate()
  return {
    fault: socket.authorized ? null : codeOf(socket.authorizationError),
    protocol: socket.getProtocol() ?? 'TLS',
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    untilMs: Date.parse(validTo),
  }
}

/** What this machine makes of the certificate that the other side showed. */
export function judgeCertificate({ fault, protocol, subject, issuer, untilMs }: Handshake, host: string, nowMs: number): Finding {
  const made = `certificate of ${subject} by ${issuer}`
  if (fault !== null) return failed(...complaint(fault, { host, made, untilMs }))
  const days = Math.floor((untilMs - nowMs) / DAY_MS)
  const what = `${protocol}, ${made}, valid for ${days} days`
  return days < WARN_DAYS ? warning(what, 'ask the operator of the coordinator to renew it') : good(what)
}

interface Facts {
  readonly host: string
  readonly made: string
  readonly untilMs: number
}

function complaint(code: string, { host, made, untilMs }: Facts): [found: string, remedy: string] {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return [
        `the ${made} has expired on ${new Date(untilMs).toISOString().slice(0, 10)}`,
        'ask the operator of the coordinator to renew it; if the clock of this machine is wrong: timedatectl',
      ]
    case 'CERT_NOT_YET_VALID':
      return [`the ${made} is not valid yet`, 'the clock of this machine is probably behind: timedatectl set-ntp true']
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return [`the ${made} is not for ${host}`, 'set COORD_URL to a name that the certificate is for']
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return [
        `the ${made} is not trusted here (${code})`,
        'if it is right, write it, or the certificate of the authority that made it, to a file, and set COORD_CA_FILE to its path',
      ]
    default:
      return [`the ${made} is refused (${code})`, 'ask the operator of the coordinator']
  }
}

/** Its type says an error; what is there is the code alone, or an error. */
function codeOf(authorizationError: unknown): string {
  if (authorizationError instanceof Error)
    return 'code' in authorizationError ? String(authorizationError.code) : authorizationError.message
  return String(authorizationError)
}

function nameOf(entity: { readonly CN?: string | string[]; readonly O?: string | string[] } | undefined): string {
  const name = entity?.CN ?? entity?.O
  return (Array.isArray(name) ? name[0] : name) ?? 'nobody'
}
