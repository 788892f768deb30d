import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { errorCode } from '../../domain/error-code.ts'
import type { Check } from './check.ts'
import { failed, good } from './finding.ts'
import type { Finding } from './finding.ts'
import { hostOf, portOf } from './host-of.ts'
import { judgeCertificate, readHandshake } from './judge-certificate.ts'
import { reasonOf } from './system-error.ts'

/** Whether the coordinator's port is open and, for https, whether its certificate is one that this machine trusts. */
export const CONNECTION_CHECK: Check = {
  id: 'connection',
  name: 'connection',
  needs: ['dns'],
  limitMs: 15_000,
  ifLate: 'a firewall in between, or something that does not speak TLS? check host and port of COORD_URL',
  run: async ({ config: { coordUrl, coordCertificates }, clock }, signal) => {
    const place = `${hostOf(coordUrl)} port ${portOf(coordUrl)}`
    try {
      const startedMs = clock.monotonicMs()
      if (coordUrl.protocol === 'http:') {
        await openSocket(coordUrl, signal)
        return [good(`${place} answers in ${Math.ceil(clock.monotonicMs() - startedMs)} ms, plain http`)]
      }
      return [
        await openTls({ url: coordUrl, certificates: coordCertificates, signal }, (socket) =>
          judgeCertificate(readHandshake(socket), hostOf(coordUrl), clock.nowMs()),
        ),
      ]
    } catch (error) {
      return [explain(error, place)]
    }
  },
}

async function openSocket(url: URL, signal: AbortSignal): Promise<void> {
  const socket = connect({ host: hostOf(url), port: portOf(url), signal })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
  } finally {
    socket.destroy()
  }
}

/** Shakes hands even with a certificate that is not trusted, to tell what is wrong with it; nothing is sent then. */
async function openTls(
  { url, certificates, signal }: { url: URL; certificates: readonly string[] | null; signal: AbortSignal },
  judge: (socket: TLSSocket) => Finding,
): Promise<Finding> {
  const host = hostOf(url)
  const socket = connectTls({
    host,
    port: portOf(url),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(certificates === null ? {} : { ca: [...certificates] }),
    rejectUnauthorized: false,
  })
  const abort = (): void => void socket.destroy()
  signal.addEventListener('abort', abort)
  try {
    return await new Promise<Finding>((resolve, reject) => {
      socket.once('secureConnect', () => {
        try {
          resolve(judge(socket))
        } catch (error) {
          reject(error)
        }
      })
      socket.once('error', reject)
    })
  } finally {
    signal.removeEventListener('abort', abort)
    socket.destroy()
  }
}

function explain(error: unknown, place: string): Finding {
  // A name with several addresses fails with all their errors at once.
  const first = error instanceof AggregateError ? error.errors[0] : error
  switch (errorCode(first) ?? 'none') {
    case 'ECONNREFUSED':
      return failed(`${place} refuses the connection`, 'is the coordinator running? check host and port of COORD_URL')
    case 'ETIMEDOUT':
      return failed(`${place} does not answer`, 'a firewall in between? check host and port of COORD_URL')
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return failed(`there is no way to ${place}`, 'check the network of this machine: ip route')
    case 'ECONNRESET':
      return failed(`${place} closes the connection`, 'does it speak https? check protocol and port of COORD_URL')
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return failed(`${place} does not speak TLS`, 'check protocol and port of COORD_URL: it may speak plain http')
    default:
      return failed(`${place} cannot be reached: ${reasonOf(first)}`, 'check COORD_URL and the network')
  }
}
