import { z } from 'zod'
import { startScriptedServer } from './scripted-server.ts'
import type { ReceivedRequest, ScriptedAnswer } from './scripted-server.ts'

function bodyOf(request: ReceivedRequest): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(String(request.body)))
}

/**
 * A coordinator that offers the core profile alone, written from the API's text and not from our schemas: it knows
 * `heartbeat`, `next` and `proof`, has no leases, and notes everything that is not as the text says.
 */
export class CoreCoordinator {
  readonly complaints: string[] = []
  readonly proofs: { readonly id: string; readonly mode: string; readonly output_sha: string; readonly metrics: object }[] = []
  heartbeats = 0
  readonly #queue: object[]
  readonly #handedOut = new Set<string>()

  private constructor(jobs: readonly object[]) {
    this.#queue = [...jobs]
  }

  static async start(jobs: readonly object[]): Promise<{ coordinator: CoreCoordinator; url: string }> {
    const coordinator = new CoreCoordinator(jobs)
    const server = await startScriptedServer((request) => coordinator.#answer(request))
    return { coordinator, url: server.url.href }
  }

  #answer(request: ReceivedRequest): ScriptedAnswer {
    const [path, query = ''] = request.path.split('?')
    if (request.headers.authorization !== 'Bearer core-key') return this.#complain(401, `key: ${request.headers.authorization}`)
    if (request.method === 'POST' && request.headers['content-type'] !== 'application/json; charset=utf-8')
      return this.#complain(400, `content type: ${request.headers['content-type']}`)
    if (
      request.method === 'POST' &&
      !/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(String(request.headers['idempotency-key']))
    )
      return this.#complain(400, `idempotency key: ${String(request.headers['idempotency-key'])}`)
    switch (`${request.method} ${path}`) {
      case 'POST /v1/miner/heartbeat':
        return this.#heartbeat(bodyOf(request))
      case 'GET /v1/miner/next':
        return this.#next(new URLSearchParams(query))
      case 'POST /v1/miner/proof':
        return this.#proof(bodyOf(request))
      default:
        return { status: 404, body: { error: { code: 'NOT_FOUND', message: 'no such endpoint', details: {} } } }
    }
  }

  #heartbeat(body: Record<string, unknown>): ScriptedAnswer {
    this.heartbeats += 1
    const isRight =
      body['miner_id'] === 'core-miner' && body['wallet'] === 'core-wallet' && body['mode'] === 'cpu' && body['gpu'] === false
    return isRight ? { status: 204 } : this.#complain(422, `heartbeat: ${JSON.stringify(body)}`)
  }

  #next(query: URLSearchParams): ScriptedAnswer {
    if (query.get('miner') !== 'core-miner' || !/^[1-9]\d*$/.test(query.get('slots') ?? ''))
      return this.#complain(422, `next: ${query.toString()}`)
    const job = this.#queue.shift()
    if (job === undefined) return { status: 200, body: {} }
    if ('id' in job) this.#handedOut.add(String(job.id))
    return { status: 200, body: job }
  }

  #proof(body: Record<string, unknown>): ScriptedAnswer {
    const { id, mode, output_sha: outputSha, metrics } = body
    const fits =
      typeof id === 'string' &&
      (mode === 'cpu' || mode === 'gpu') &&
      typeof outputSha === 'string' &&
      /^[0-9a-f]{64}$/.test(outputSha) &&
      typeof metrics === 'object' &&
      metrics !== null
    if (!fits) return this.#complain(422, `proof: ${JSON.stringify(body)}`)
    if (!this.#handedOut.has(id)) return this.#complain(404, `proof of a job never handed out: ${id}`)
    if (this.proofs.some((proof) => proof.id === id)) this.complaints.push(`second proof of ${id}`)
    this.proofs.push({ id, mode, output_sha: outputSha, metrics })
    return { status: 200, body: { ok: true } }
  }

  #complain(status: number, what: string): ScriptedAnswer {
    this.complaints.push(what)
    return { status, body: { error: { code: 'INVALID_PAYLOAD', message: what, details: {} } } }
  }
}
