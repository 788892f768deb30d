import { Agent, request } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { startCoordinator } from '../../../mock-coordinator/server.ts'
import type { Coordinator } from '../../../mock-coordinator/server.ts'
import { ENDPOINTS } from '../../../src/protocol/endpoints.ts'
import type { Endpoint } from '../../../src/protocol/endpoints.ts'
import { API_ERRORS, ErrorBodySchema } from '../../../src/protocol/errors.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import type { Attack } from '../fuzz-target.ts'
import { damagedJson } from '../mutations/json-edits.ts'
import { damagedText } from '../mutations/text-edits.ts'
import { valuesOf } from '../schema-values.ts'

const MAX_STORED = 200

interface Request {
  readonly method: string
  readonly path: string
  readonly body: string | null
  readonly headers: OutgoingHttpHeaders
}

const WITH_BODY = Object.values<Endpoint>(ENDPOINTS).filter(({ method }) => method !== 'get')
/** A poll waits and a watched job streams: they are left to the tests of their own. */
const WITHOUT_BODY = Object.values<Endpoint>(ENDPOINTS).filter(
  ({ method, path }) => method === 'get' && !/events$|next$/.test(path),
)

/** What stands for a job that there is: the target puts its id in. */
const THE_JOB = 'THE-JOB'
const ODD_IDS = [
  THE_JOB,
  THE_JOB,
  '..',
  '%2e%2e',
  '%ff',
  'a%2Fb',
  'x'.repeat(200),
  '%27;%20DROP%20TABLE%20jobs;',
  '__proto__',
  '%00',
  'job_1',
]
const headers = fc.record(
  {
    'Idempotency-Key': fc.constantFrom('a', 'b', 'c', 'x'.repeat(300)),
    'Content-Digest': fc.constantFrom('sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:', 'sha-256=::', 'x'),
    'Content-Type': fc.constantFrom('text/plain', 'application/json', 'a/b; c="d', 'x'),
    'Content-Encoding': fc.constantFrom('gzip', 'identity'),
    'Last-Event-ID': fc.constantFrom('-1', '1e9', 'x'),
  },
  { requiredKeys: [] },
)

function requests(): fc.Arbitrary<Request> {
  const bodies = WITH_BODY.map((endpoint) =>
    fc.record({
      method: fc.constant(endpoint.method.toUpperCase()),
      path: pathOf(endpoint),
      body:
        endpoint.body === undefined
          ? fc.string({ unit: 'binary', maxLength: 20 })
          : damagedJson(valuesOf(endpoint.body).map(aboutTheJob)),
      headers,
    }),
  )
  const queries = WITHOUT_BODY.map((endpoint) =>
    fc.record({
      method: fc.constant('GET'),
      path: fc.tuple(pathOf(endpoint), queryText()).map(([path, query]) => `${path}${query}`),
      body: fc.constant(null),
      headers,
    }),
  )
  return fc.oneof({ weight: 3, arbitrary: fc.oneof(...bodies) }, { weight: 1, arbitrary: fc.oneof(...queries) })
}

function pathOf({ path }: Endpoint): fc.Arbitrary<string> {
  return fc.constantFrom(...ODD_IDS).map((id) => path.replace('{id}', id))
}

function queryText(): fc.Arbitrary<string> {
  const seeds = ['', '?limit=1', '?state=queued&workload=llm_gen&limit=5&cursor=3', '?wallet=w1', '?cursor=999999999999999']
  const damaged = damagedText(fc.constantFrom(...seeds), {
    words: ['&', '=', '?', '%', '[]', 'limit', 'cursor', '[__proto__]', '-1', '1e3', '%00'],
    maxEdits: 3,
    maxTimes: 4,
  })
  return damaged.map((query) => encodeURI(query.toWellFormed()).replaceAll('%25', '%').replaceAll('#', ''))
}

/** A body about some job is in most cases about one that there is. */
function aboutTheJob(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'id' in body ? { ...body, id: THE_JOB } : body
}

/**
 * Whatever is sent to the coordinator, it answers in the API's shape and never by a fault of its own, and its books are right.
 * Now and then a job is handed out, so that proofs and failures find something to be about.
 */
export const coordinatorRequests = fuzzTarget<Request>({
  name: 'coordinator-requests',
  runsInTests: 200,
  input: requests,
  open: async (): Promise<Attack<Request>> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    let faults: string[] = []
    const log = (line: string): void => void (line.startsWith('error ') && faults.push(line))
    let coordinator = await startCoordinator({ log, sweepMs: 1_000_000 })
    let jobId = await leasedJob(coordinator, agent)
    return {
      holds: async (given) => {
        if (coordinator.store.jobs.counts().queued > MAX_STORED) {
          await coordinator.close()
          coordinator = await startCoordinator({ log, sweepMs: 1_000_000 })
          jobId = await leasedJob(coordinator, agent)
        }
        if (coordinator.store.jobs.get(jobId)?.state !== 'leased') jobId = await leasedJob(coordinator, agent)
        faults = []
        const answer = await call(coordinator, agent, {
          ...given,
          path: given.path.replaceAll(THE_JOB, jobId),
          body: given.body?.replaceAll(THE_JOB, jobId) ?? null,
        })
        const said = await text(answer)
        checkAnswer(answer.statusCode ?? 0, said)
        if (faults.length > 0) throw new Error(faults.join('\n'))
        coordinator.sweep()
        checkBooks(coordinator)
      },
      close: async () => {
        agent.destroy()
        await coordinator.close()
      },
    }
  },
})

function checkAnswer(status: number, said: string): void {
  if (status >= 200 && status < 300) return
  const { error } = ErrorBodySchema.parse(JSON.parse(said))
  const known: Readonly<Record<string, { readonly status: number }>> = API_ERRORS
  if (known[error.code]?.status !== status || status >= 500) throw new Error(`answered ${status} ${said}`)
}

function checkBooks({ store }: Coordinator): void {
  const { balanceMinor } = store.ledger.sum(null)
  const credited = store.database.prepare('SELECT coalesce(sum(amount), 0) AS amount FROM ledger').get()?.['amount']
  if (BigInt(Number(credited)) !== balanceMinor) throw new Error(`${String(credited)} booked, and ${balanceMinor} in the wallets`)
}

async function leasedJob(coordinator: Coordinator, agent: Agent): Promise<string> {
  const submission = JSON.stringify({ workload: 'llm_gen', params: {}, reward: { amount: '0.00000001', unit: 'AITBC' } })
  await text(await call(coordinator, agent, { method: 'POST', path: '/v1/jobs', body: submission, headers: {} }))
  for (;;) {
    const polled = await text(
      await call(coordinator, agent, { method: 'GET', path: '/v1/miner/next?miner=m1', body: null, headers: {} }),
    )
    const id = /"id":"(job_\w+)"/.exec(polled)?.[1]
    if (id === undefined) throw new Error(`no job: ${polled}`)
    if (coordinator.store.jobs.get(id)?.state === 'leased') return id
  }
}

function call(coordinator: Coordinator, agent: Agent, { method, path, body, headers }: Request): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${coordinator.url}/`,
      { agent, method, path, headers: { ...headers, Authorization: 'Bearer demo' } },
      resolve,
    )
    sent.on('error', reject)
    sent.end(body ?? undefined)
  })
}
