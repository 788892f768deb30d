import { startScriptedServer } from './scripted-server.ts'
import type { ReceivedRequest, ScriptedAnswer } from './scripted-server.ts'

/** The ways in which a text can be written, by name. Written anew here, not taken from the miner. */
export function encodingsOf(text: string): ReadonlyMap<string, string> {
  const hex = Buffer.from(text).toString('hex')
  const bytes = hex.match(/../g) ?? []
  const base64 = (before: number): string => Buffer.from(`${'.'.repeat(before)}${text}.`).toString('base64')
  return new Map([
    ['plain', text],
    ['URL', encodeURIComponent(text)],
    ['URL in full', bytes.map((byte) => `%${byte.toUpperCase()}`).join('')],
    ['JSON escapes', bytes.map((byte) => `\\u00${byte}`).join('')],
    ['hex', hex],
    ['upper-case hex', hex.toUpperCase()],
    ['backwards', Array.from(text).toReversed().join('')],
    ...[0, 1, 2].flatMap((before): [string, string][] => [
      [`base64, behind ${before}`, base64(before)],
      [`base64url, behind ${before}`, base64(before).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')],
    ]),
  ])
}

/** The same, to be looked for: base64 without the characters at either end that depend on what stands beside the text. */
export function tracesOf(text: string): ReadonlyMap<string, string> {
  return new Map([...encodingsOf(text)].map(([name, form]) => [name, name.startsWith('base64') ? form.slice(4, -5) : form]))
}

/**
 * A coordinator that works, and says the key that it is sent again in every place and encoding there is: in jobs, errors, redirects, leases
 * and receipts. It hands out the given jobs between.
 */
export class EchoingCoordinator {
  readonly proofs: unknown[] = []
  readonly refused: unknown[] = []
  readonly #jobs: object[]
  readonly #key: string
  readonly #turns = new Map<string, number>()

  private constructor(jobs: readonly object[], key: string) {
    this.#jobs = [...jobs]
    this.#key = key
  }

  static async start(jobs: readonly object[], key: string): Promise<{ coordinator: EchoingCoordinator; url: string }> {
    const coordinator = new EchoingCoordinator(jobs, key)
    const server = await startScriptedServer((request) => coordinator.#answer(request))
    return { coordinator, url: server.url.href }
  }

  /** How many of its evil jobs it has handed out. */
  get evilJobs(): number {
    return this.#turns.get('next') ?? 0
  }

  #answer(request: ReceivedRequest): ScriptedAnswer {
    const [path = ''] = request.path.split('?')
    switch (path) {
      case '/v1/miner/next':
        return this.#next()
      case '/v1/miner/heartbeat':
        return this.#nowAndThen('heartbeat', {
          server_time: new Date().toISOString(),
          leases: [{ id: this.#echo('lease'), job_id: this.#echo('lease'), expires_at: this.#echo('lease') }],
          cancel: [this.#echo('cancel')],
          note: this.#echo('note'),
        })
      case '/v1/miner/proof':
        this.proofs.push(JSON.parse(String(request.body)))
        return this.#nowAndThen('proof', {
          id: this.#echo('receipt'),
          status: this.#echo('receipt'),
          reward: { amount: this.#echo('receipt'), unit: this.#echo('receipt') },
          balance: this.#echo('receipt'),
        })
      case '/v1/miner/fail':
        this.refused.push(JSON.parse(String(request.body)))
        return { status: 200, body: { note: this.#echo('note') } }
      case '/v1/wallet/balance':
        return { body: { wallet: this.#echo('wallet'), balance: this.#echo('wallet'), unit: this.#echo('wallet') } }
      case '/health':
        return { headers: { location: `/?${encodeURIComponent(this.#key)}` }, body: { status: 'ok', version: this.#key } }
      default:
        return { status: 404, body: { error: { code: 'NOT_FOUND', message: `no ${path} for ${this.#key}`, details: {} } } }
    }
  }

  /** A job of each encoding, and after each of them one of those that were given. */
  #next(): ScriptedAnswer {
    const turn = this.#turns.get('next') ?? 0
    const all = encodingsOf(this.#key).size
    if (turn >= 2 * all) return { body: this.#jobs.shift() ?? {} }
    const text = this.#echo('next')
    const id = `evil-${turn}`
    const places = [
      { id, workload: 'torch_bench', params: { note: text } },
      { id: text, workload: 'torch_bench' },
      { id, workload: text, params: {} },
      { id, workload: 'llm_gen', params: { prompt: 'x' }, model: { name: text, uri: `https://${text}.example/` } },
      { id, workload: 'onnx_infer', inputs: [{ name: 'x', uri: `https://host.example/?k=${text}` }] },
      { id, workload: 'torch_bench', params: { [text]: text }, deadline: text },
    ]
    return { body: places[turn % places.length] }
  }

  /** Every other answer is a failure that says the key, until each kind was given. */
  #nowAndThen(call: string, good: object): ScriptedAnswer {
    const turn = this.#turns.get(call) ?? 0
    this.#turns.set(call, turn + 1)
    const text = this.#echo(`${call} failure`)
    const failures: readonly ScriptedAnswer[] = [
      { status: 500, body: { error: { code: text, message: `Bearer ${text}`, details: { key: text } } } },
      { status: 422, body: { error: { code: 'INVALID_PAYLOAD', message: JSON.stringify({ key: text }), details: {} } } },
      { status: 302, headers: { location: `http://127.0.0.1:1/?key=${encodeURIComponent(text)}` } },
      { status: 200, body: `<html>${text}</html>` },
      { status: 429, headers: { 'retry-after': text }, body: { error: { code: 'BUSY', message: text, details: {} } } },
    ]
    return (turn % 2 === 1 ? failures[(turn - 1) / 2] : undefined) ?? { body: good }
  }

  /** The key in another encoding each time. Jobs count by themselves, so that none is left out. */
  #echo(what: string): string {
    const forms = [...encodingsOf(this.#key).values()]
    const turn = this.#turns.get(what) ?? 0
    this.#turns.set(what, turn + 1)
    return forms[turn % forms.length] ?? this.#key
  }
}
