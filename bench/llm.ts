import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { Client } from '../scripts/local-chain/client.ts'
import { MinerHome, startCoordinatorProgram } from '../scripts/local-chain/chain.ts'
import { Program } from '../scripts/local-chain/program.ts'
import { median } from './figures.ts'
import type { Figure } from './figures.ts'
import { logLines } from './miner-log.ts'

const MODEL = fileURLToPath(new URL('../models/tiny-llm/tiny-llm-f16.gguf', import.meta.url))
/** Greedy, the embedded model goes on with this for ever. */
const PROMPT = 'The capital of France is'
const MAX_TOKENS = 480
const GENERATIONS = 8
const ROUNDS = 5
const TARGET = 0.95

const BareSchema = z.object({ tokens: z.number(), ms: z.number() })
const OutputSchema = z.object({ tokens: z.array(z.number()) })

/**
 * Tokens a second of an `llm_gen` job, from its start in the daemon to its hashed output, against node-llama-cpp called
 * directly for the same text. The two take turns, so that a machine whose speed drifts is the same for both.
 */
export async function benchLlm(): Promise<Figure[]> {
  const home = await MinerHome.make()
  const coordinator = await startCoordinatorProgram()
  try {
    await home.configure({ COORD_URL: coordinator.url, API_KEY: 'bench-miner', WORKLOADS: 'llm_gen' })
    const miner = home.start()
    const client = new Client(coordinator.url, 'bench-client')
    await minerTokens(client, 1)
    const bare: number[] = []
    const ours: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      bare.push(await bareRate())
      const tokens = await minerTokens(client, GENERATIONS)
      const done = (await logLines(join(home.dir, 'miner.log'), 'job done')).slice(-GENERATIONS)
      ours.push(tokens / (done.reduce((sum, line) => sum + (line.run_ms ?? Number.NaN), 0) / 1000))
    }
    await miner.stop()
    const ratio = median(ours.map((rate, round) => rate / (bare[round] ?? Number.NaN)))
    return [
      {
        what: `llm_gen, tiny-llm F16, ${MAX_TOKENS} tokens, alone`,
        ours: `${median(ours).toFixed(0)} tokens/s`,
        peer: `${median(bare).toFixed(0)} tokens/s (node-llama-cpp directly, its best settings)`,
        ratio,
        target: `≥ ${TARGET}`,
        isMet: ratio >= TARGET,
      },
    ]
  } finally {
    await coordinator.program.stop()
    await home.remove()
  }
}

async function bareRate(): Promise<number> {
  const program = new Program('bare llama', 'bench/bare/llama.ts', [MODEL, PROMPT, String(MAX_TOKENS), String(GENERATIONS)], {
    UV_THREADPOOL_SIZE: '1',
  })
  if ((await program.ended()) !== 0) throw new Error(`node-llama-cpp failed:\n${program.lines.join('\n')}`)
  const runs = program.lines.filter((line) => line.startsWith('{')).map((line) => BareSchema.parse(JSON.parse(line)))
  return runs.reduce((sum, run) => sum + run.tokens, 0) / (runs.reduce((sum, run) => sum + run.ms, 0) / 1000)
}

/** Runs jobs one after another and returns how many tokens they brought. */
async function minerTokens(client: Client, jobs: number): Promise<number> {
  let tokens = 0
  for (let job = 0; job < jobs; job += 1) {
    const { id } = await client.submit({ workload: 'llm_gen', params: { prompt: PROMPT, max_tokens: MAX_TOKENS } })
    await client.finished(id)
    tokens += OutputSchema.parse(JSON.parse(String(await client.output(id)))).tokens.length
  }
  return tokens
}
