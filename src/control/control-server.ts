import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'

import { errorCode } from '../domain/error-code.ts'
import { AitbcError } from '../domain/errors.ts'
import type { MinerStatus } from '../domain/miner-status.ts'
import type { Logger } from '../domain/ports.ts'
import { claimSocketPath } from './claim-socket-path.ts'
import { controlRequestSchema, MAX_REQUEST_BYTES } from './control-messages.ts'
import type { ControlAnswer, ControlRequest } from './control-messages.ts'
import { readLine } from './read-line.ts'

/** Who connects must ask, and read the answer, within this time. */
const CLIENT_TIMEOUT_MS = 5000
const MAX_CONNECTIONS = 32
/** Leaves 0600: the owner of the daemon, and root. */
const SOCKET_UMASK = 0o177

export interface ControlServerDeps {
  readonly socketPath: string
  readonly handlers: { status(): MinerStatus }
  readonly logger: Logger
}

/** Answers `aitbc-miner status` on a Unix socket of mode 0600. */
export class ControlServer {
  readonly #deps: ControlServerDeps
  readonly #clients = new Set<Socket>()
  #server: Server | null = null
  #stopped: Promise<void> | null = null

  constructor(deps: ControlServerDeps) {
    this.#deps = deps
  }

  /** Listens. Throws what `claimSocketPath` throws, and `AITBC_CONTROL` when the socket cannot be made. */
  async start(): Promise<void> {
    const { socketPath, logger } = this.#deps
    await claimSocketPath(socketPath)
    const server = createServer((socket) => this.#serve(socket))
    server.maxConnections = MAX_CONNECTIONS
    const listening = once(server, 'listening')
    try {
      listenPrivately(server, socketPath)
      await listening
    } catch (error) {
      throw this.#explainListenError(error)
    }
    server.on('error', (error) => logger.warn('control socket failed', { error: error.message }))
    this.#server = server
  }

  /** Ends all connections and removes the socket. The same promise for every call. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#close()
    await this.#stopped
  }

  async #close(): Promise<void> {
    if (this.#server === null) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const client of this.#clients) client.destroy()
    await closed
  }

  #serve(socket: Socket): void {
    this.#clients.add(socket)
    socket.on('close', () => this.#clients.delete(socket))
    void this.#answer(socket)
  }

  async #answer(socket: Socket): Promise<void> {
    let line: string
    try {
      line = await readLine(socket, MAX_REQUEST_BYTES, CLIENT_TIMEOUT_MS)
    } catch {
      // A client that left, or the probe of a second daemon: nobody waits for an answer.
      socket.destroy()
      return
    }
    try {
      socket.end(`${JSON.stringify(this.#handle(line))}\n`)
    } catch (error) {
      this.#deps.logger.warn('control request failed', { error: error instanceof Error ? error.message : String(error) })
      socket.destroy()
    }
  }

  #handle(line: string): ControlAnswer {
    const request = parseRequest(line)
    if (request === null) return { ok: false, error: 'the daemon does not know this request; is it older than the command?' }
    switch (request.request) {
      case 'status':
        return { ok: true, status: this.#deps.handlers.status() }
      default:
        return request.request satisfies never
    }
  }

  #explainListenError(error: unknown): AitbcError {
    const code = errorCode(error)
    const path = this.#deps.socketPath
    if (code === 'EADDRINUSE') {
      return new AitbcError('AITBC_ALREADY_RUNNING', `another miner has just taken ${path}; stop one of the two`, {
        cause: error,
      })
    }
    const advice = 'see that its folder exists and belongs to the miner, or set CONTROL_SOCKET'
    return new AitbcError('AITBC_CONTROL', `cannot listen on ${path} (${code ?? String(error)}); ${advice}`, { cause: error })
  }
}

/** Node binds a path within the call to `listen`, so that the socket never exists with a wider mode. */
function listenPrivately(server: Server, path: string): void {
  const umask = process.umask(SOCKET_UMASK)
  try {
    server.listen(path)
  } finally {
    process.umask(umask)
  }
}

function parseRequest(line: string): ControlRequest | null {
  try {
    return controlRequestSchema.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}
