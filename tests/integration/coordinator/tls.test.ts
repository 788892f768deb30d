import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HttpTransport } from '../../../src/coordinator/http-transport.ts'
import { silentLogger } from '../../../src/platform/silent-logger.ts'
import { SystemClock } from '../../../src/platform/system-clock.ts'
import { missingProgram } from '../../support/missing-program.ts'
import { startScriptedServer } from '../../support/scripted-server.ts'
import { TestAuthority } from '../../support/test-authority.ts'
import type { ServerCertificate } from '../../support/test-authority.ts'

function transportTo(baseUrl: URL, certificates: readonly string[] | null): HttpTransport {
  return new HttpTransport(
    {
      baseUrl,
      apiKey: { reveal: () => 'a-key-of-some-length' },
      certificates,
      timeoutMs: 10_000,
      maxConnections: 1,
      userAgent: 'test',
    },
    new SystemClock(),
    silentLogger(),
  )
}

/** Calls a server that shows this certificate, and tells what it was sent. */
async function call(shown: ServerCertificate | undefined, trusted: readonly string[] | null, protocol = 'https:') {
  const server = await startScriptedServer(() => ({ body: { ok: true } }), shown)
  const baseUrl = new URL(server.url)
  const transport = transportTo(new URL(baseUrl.href.replace('http:', protocol)), trusted)
  onTestFinished(() => transport.close())
  const answer = transport.call({ method: 'GET', path: '/v1/miner/next', signal: new AbortController().signal })
  return { answer, requests: server.requests }
}

/** Calls a server that takes HTTP/2 where a client offers it, and tells in which version it was called. */
async function callHttp2Server(options: { readonly allowHTTP1: boolean }) {
  const { own, pem } = authority()
  const versions: string[] = []
  const server = createSecureServer({ ...own.issue(), ...options }, (request, response) => {
    versions.push(request.httpVersion)
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const transport = transportTo(new URL(`https://127.0.0.1:${address.port}/`), pem)
  onTestFinished(() => transport.close())
  return { answer: transport.call({ method: 'GET', path: '/v1/miner/next', signal: new AbortController().signal }), versions }
}

function authority(): { own: TestAuthority; pem: readonly string[] } {
  const own = new TestAuthority()
  return { own, pem: [readFileSync(own.certificateFile, 'utf8')] }
}

const why = missingProgram('openssl')

describe.skipIf(why !== null)(`the connection to the coordinator (${why ?? 'with certificates by openssl'})`, () => {
  it('is made when an authority that the operator named has signed the certificate', async () => {
    const { own, pem } = authority()
    const { answer } = await call(own.issue(), pem)
    expect((await answer).body).toEqual({ ok: true })
  })

  it('is made when the operator named the self-signed certificate itself', async () => {
    const shown = new TestAuthority().selfSigned()
    const { answer } = await call(shown, [shown.cert])
    expect((await answer).body).toEqual({ ok: true })
  })

  it.each([
    ['self-signed', (own: TestAuthority) => own.selfSigned(), null, /self-signed.*COORD_CA_FILE/],
    ['of an authority that nobody named', (own: TestAuthority) => own.issue(), null, /not trusted here.*COORD_CA_FILE/],
    ['expired', (own: TestAuthority) => own.issue({ days: -1 }), 'own', /has expired.*timedatectl/],
    ['for another host', (own: TestAuthority) => own.issue({ host: 'elsewhere.example' }), 'own', /another host.*COORD_URL/],
    ['of another authority than the one named', () => new TestAuthority('Other').issue(), 'own', /not trusted here/],
  ] as const)('is refused, and no key sent, when the certificate is %s', async (_what, show, trusted, message) => {
    const { own, pem } = authority()
    const { answer, requests } = await call(show(own), trusted === null ? null : pem)
    await expect(answer).rejects.toMatchObject({ failureClass: 'unreachable', message: expect.stringMatching(message) })
    expect(requests).toEqual([])
  })

  it('is refused with NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment too', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    onTestFinished(() => {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    })
    const { answer, requests } = await call(new TestAuthority().selfSigned(), null)
    await expect(answer).rejects.toThrow(/self-signed/)
    expect(requests).toEqual([])
  })

  it('is refused with a word about COORD_URL where the other side speaks no TLS', async () => {
    const { answer } = await call(undefined, null)
    await expect(answer).rejects.toThrow(/check protocol and port of COORD_URL/)
  })

  it('has each call for itself, by HTTP/1.1, where the other side prefers HTTP/2', async () => {
    const { answer, versions } = await callHttp2Server({ allowHTTP1: true })
    await answer
    expect(versions).toEqual(['1.1'])
  })

  it('is refused with a word about HTTP/1.1 where the other side speaks HTTP/2 alone', async () => {
    const { answer, versions } = await callHttp2Server({ allowHTTP1: false })
    await expect(answer).rejects.toThrow(/no HTTP\/1.1/)
    expect(versions).toEqual([])
  })
})
