import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { WireJobSubmission, WireJobView } from '../../src/protocol/client-jobs.ts'
import type { Client } from '../local-chain/client.ts'
import type { Screen } from './screen.ts'

/** A job of the demo: what to submit and how to introduce it. */
export interface DemoJob {
  readonly title: string
  readonly submission: Partial<WireJobSubmission> & {
    readonly workload: string
    readonly reward: { amount: string; unit: string }
  }
}

const StateSchema = z.object({ state: z.string() })
const TokenSchema = z.object({ data: z.string() })
const ProgressSchema = z.object({ data: z.object({ done: z.number(), total: z.number() }) })

/** Submits a job and shows it live to its receipt. False when it did not end as it should. */
export async function showJob(client: Client, screen: Screen, wallet: string, job: DemoJob, position: string): Promise<boolean> {
  const { reward } = job.submission
  screen.job(position, job.title, `${reward.amount} ${reward.unit}`)
  const { id } = await client.submit(job.submission)
  screen.event('submitted', id)
  for await (const event of client.events(id, AbortSignal.timeout(60_000))) {
    if (event.type === 'state') await showState(client, screen, id, event.data)
    else showProgress(screen, event.type, event.data)
  }
  const view = await client.view(id)
  if (view.state !== 'completed' || view.receipt == null) {
    screen.bad(view.state, view.error == null ? 'no receipt' : `${view.error.code}: ${view.error.message}`)
    return false
  }
  const output = await client.output(id)
  const sha = createHash('sha256').update(output).digest('hex')
  const isTrue = sha === view.receipt.output_sha
  screen.event('output', summarise(output))
  screen.event('proof', `sha256 ${view.receipt.output_sha}`)
  if (isTrue) screen.good('checked', 'the client hashed the bytes it got: the proof is of these')
  else screen.bad('mismatch', `the bytes hash to ${sha}`)
  const balance = await client.balance(wallet)
  screen.good('receipt', `${rewardOf(view)} credited to ${wallet}, balance ${balance.balance} ${balance.unit}`)
  return isTrue
}

async function showState(client: Client, screen: Screen, id: string, data: unknown): Promise<void> {
  if (StateSchema.safeParse(data).data?.state !== 'leased') return
  const { miner_id: minerId } = await client.view(id)
  screen.event('accepted', `by ${minerId ?? 'a miner'}`)
}

function showProgress(screen: Screen, type: string, data: unknown): void {
  if (type === 'token') screen.stream('tokens', TokenSchema.parse(data).data)
  if (type !== 'progress') return
  const { done, total } = ProgressSchema.parse(data).data
  if (total > 0) screen.progress('progress', done / total)
}

function summarise(output: Buffer): string {
  const text = output.toString('utf8')
  return text.length <= 160 ? text : `${text.slice(0, 157)}… (${output.length} bytes)`
}

function rewardOf(view: WireJobView): string {
  const reward = view.receipt?.reward
  return typeof reward === 'string' ? reward : reward == null ? 'nothing' : `${reward.amount} ${reward.unit}`
}
