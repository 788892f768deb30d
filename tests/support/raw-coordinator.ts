import { z } from 'zod'
import { startScriptedServer } from './scripted-server.ts'
import type { ReceivedRequest, ScriptedAnswer } from './scripted-server.ts'

/** How a job came back: with a failure's code and message, as a proof, or not at all, since it could not even be refused. */
export interface RawOutcome {
  readonly code: string
  readonly message: string
  /** From its hand-out to its report. */
  readonly tookMs: number
}

interface Waiting {
  readonly text: string
  readonly settle: (outcome: RawOutcome) => void
  readonly isAnswered: boolean
}

const failure = z.object({ id: z.string(), error: z.object({ code: z.string(), message: z.string() }) })
const proof = z.object({ id: z.string() })

/** A coordinator that hands out any text as a job, unseen, and takes whatever comes back. Of one id there is one job at a time. */
export class RawCoordinator {
  readonly #queue: Waiting[] = []
  readonly #out = new Map<string, { readonly settle: (outcome: RawOutcome) => void; readonly sinceMs: number }>()
  #unanswered: { readonly settle: (outcome: RawOutcome) => void; readonly sinceMs: number } | null = null

  static async start(): Promise<{ coordinator: RawCoordinator; url: string }> {
    const coordinator = new RawCoordinator()
    const server = await startScriptedServer((request) => coordinator.#answer(request))
    return { coordinator, url: server.url.href }
  }

  /**
   * Puts a job into the queue and resolves with what became of it: `completed`, a failure's code, or `ignored` for a text that the
   * miner cannot refuse, when it asks for the next one.
   */
  offer(text: string, isAnswered: boolean): Promise<RawOutcome> {
    return new Promise((settle) => this.#queue.push({ text, settle, isAnswered }))
  }

  #answer(request: ReceivedRequest): ScriptedAnswer {
    const path = request.path.replace(/\?.*$/s, '')
    switch (`${request.method} ${path}`) {
      case 'POST /v1/miner/heartbeat':
        return { status: 204 }
      case 'GET /v1/miner/next':
        return this.#next()
      case 'POST /v1/miner/proof':
        this.#settle(proof.parse(JSON.parse(String(request.body))).id, 'completed', '')
        return { status: 200, body: {} }
      case 'POST /v1/miner/fail': {
        const { id, error } = failure.parse(JSON.parse(String(request.body)))
        this.#settle(id, error.code, error.message)
        return { status: 200, body: {} }
      }
      default:
        return { status: 404, body: { error: { code: 'NOT_FOUND', message: 'no such endpoint', details: {} } } }
    }
  }

  #next(): ScriptedAnswer {
    this.#unanswered?.settle({ code: 'ignored', message: '', tookMs: performance.now() - this.#unanswered.sinceMs })
    this.#unanswered = null
    const job = this.#queue.shift()
    if (job === undefined) return { status: 200, body: {} }
    const out = { settle: job.settle, sinceMs: performance.now() }
    if (job.isAnswered) this.#out.set(idOf(job.text), out)
    else this.#unanswered = out
    return { status: 200, body: job.text }
  }

  #settle(id: string, code: string, message: string): void {
    const out = this.#out.get(id)
    if (out === undefined) throw new Error(`an outcome of a job that is not out: ${id.slice(0, 100)} ${code} ${message}`)
    this.#out.delete(id)
    out.settle({ code, message, tookMs: performance.now() - out.sinceMs })
  }
}

function idOf(text: string): string {
  return proof.parse(JSON.parse(text)).id
}
