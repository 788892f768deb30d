import { BalanceSchema } from '../../src/protocol/wallet.ts'
import type { WireBalance } from '../../src/protocol/wallet.ts'
import { JobViewSchema } from '../../src/protocol/client-jobs.ts'
import type { WireJobSubmission, WireJobView } from '../../src/protocol/client-jobs.ts'

const FINAL = new Set<string>(['completed', 'failed', 'canceled', 'expired'])

/** One Server-Sent Event of a job. */
export interface ClientEvent {
  readonly type: string
  readonly data: unknown
}

/** The client's side of the coordinator API. */
export class Client {
  readonly #url: string
  readonly #headers: Record<string, string>

  constructor(url: string, key: string) {
    this.#url = url
    this.#headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  }

  /** With the key of an earlier call whose answer was lost, the job is submitted once. */
  async submit(
    job: Partial<WireJobSubmission> & { readonly workload: string },
    idempotencyKey: string = crypto.randomUUID(),
  ): Promise<WireJobView> {
    const body = JSON.stringify(job)
    return JobViewSchema.parse(
      await this.#json('/v1/jobs', { method: 'POST', body, headers: { 'idempotency-key': idempotencyKey } }),
    )
  }

  async view(id: string): Promise<WireJobView> {
    return JobViewSchema.parse(await this.#json(`/v1/jobs/${id}`))
  }

  async cancel(id: string): Promise<WireJobView> {
    return JobViewSchema.parse(await this.#json(`/v1/jobs/${id}/cancel`, { method: 'POST', body: '{}' }))
  }

  async balance(wallet: string): Promise<WireBalance> {
    return BalanceSchema.parse(await this.#json(`/v1/wallet/balance?wallet=${encodeURIComponent(wallet)}`))
  }

  async output(id: string): Promise<Buffer> {
    const response = await fetch(`${this.#url}/v1/jobs/${id}/output`, { headers: this.#headers })
    if (!response.ok) throw new Error(`output of ${id}: HTTP ${response.status} ${await response.text()}`)
    return Buffer.from(await response.arrayBuffer())
  }

  /** The job's events from the first on, until it is done or the signal aborts. */
  async *events(id: string, signal?: AbortSignal): AsyncGenerator<ClientEvent> {
    const response = await fetch(`${this.#url}/v1/jobs/${id}/events`, { headers: this.#headers, signal: signal ?? null })
    if (!response.ok || response.body === null) throw new Error(`events of ${id}: HTTP ${response.status}`)
    let rest = ''
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = parseEvent(block)
        if (event === null) continue
        yield event
        if (event.type === 'done') return
      }
    }
  }

  /** Waits for the job's end and returns how it stands then. */
  async finished(id: string, limitMs = 60_000): Promise<WireJobView> {
    for await (const event of this.events(id, AbortSignal.timeout(limitMs))) if (event.type === 'done') break
    const view = await this.view(id)
    if (!FINAL.has(view.state)) throw new Error(`job ${id} is ${view.state} after its last event`)
    return view
  }

  async #json(
    path: string,
    init: Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<unknown> {
    const response = await fetch(this.#url + path, {
      ...init,
      headers: { ...this.#headers, ...init.headers },
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: HTTP ${response.status} ${text}`)
    return JSON.parse(text) as unknown
  }
}

function parseEvent(block: string): ClientEvent | null {
  let type = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) type = line.slice(6).trim()
    else if (line.startsWith('data:')) data.push(line.slice(5).trimStart())
  }
  return data.length === 0 ? null : { type, data: JSON.parse(data.join('\n')) as unknown }
}
