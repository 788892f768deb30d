import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

export interface ReceivedRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface ScriptedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON, a string as it is; `reset` closes the connection instead of answering. */
  readonly body?: unknown
  readonly reset?: boolean
}

/**
 * An HTTP server on a free port that answers as the script says, and keeps what it was asked.
 * Speaks TLS when it is given a certificate. Closed when the test has finished.
 */
export async function startScriptedServer(
  script: (request: ReceivedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>,
  tls?: { readonly cert: string; readonly key: string },
): Promise<{ readonly url: URL; readonly requests: ReceivedRequest[] }> {
  const requests: ReceivedRequest[] = []
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const received = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: await buffer(request),
    }
    requests.push(received)
    const answer = await script(received)
    if (answer.reset === true) {
      request.socket.resetAndDestroy()
      return
    }
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers })
    response.end(typeof answer.body === 'string' ? answer.body : answer.body === undefined ? '' : JSON.stringify(answer.body))
  }
  const listener = (request: IncomingMessage, response: ServerResponse): void => void serve(request, response)
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return { url: new URL(`${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}/`), requests }
}
