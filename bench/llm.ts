import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { Client } from '../scripts/local-chain/client.ts'
import { MinerHome, startCoordinatorProgram } from '../scripts/local-chain/chain.ts'
import { BareLlama } from './bare-llama.ts'
import { median } from './figures.ts'
import type { Figure } from './figures.ts'
import { peerRate } from './llama-peer.ts'
import type { LlamaPeer, LlamaWork } from './llama-peer.ts'
import { LlamaServer } from './llama-server.ts'
import { logLines } from './miner-log.ts'
import { SHAPE_300M, writeRandomGguf } from './write-random-gguf.ts'

const EMBEDDED = fileURLToPath(new URL('../models/tiny-llm/tiny-llm-f16.gguf', import.meta.url))
const TOGETHER = 8
const ROUNDS = 5
const SEED = 1
const PROMPT = 'The capital of France is'

/** A model, and what is generated with it; greedy, it has more to say than that. */
interface Subject {
  readonly what: string
  readonly name: string
  readonly maxTokens: number
  /** Generations one after another in a round. */
  readonly repeats: number
  readonly targets: { readonly alone: number; readonly together: number }
}

const SUBJECTS: readonly Subject[] = [
  { what: 'tiny-llm F16', name: 'bench-tiny', maxTokens: 480, repeats: 3, targets: { alone: 0.85, together: 1 } },
  { what: 'random 301 M Q8_0', name: 'bench-300m', maxTokens: 64, repeats: 2, targets: { alone: 0.97, together: 0.97 } },
]

const OutputSchema = z.object({ tokens: z.array(z.number()) })

/**
 * Tokens a second of `llm_gen` jobs, from their start in the daemon to their hashed output, one at a time and eight together,
 * against llama.cpp's own server with as many threads as there are cores. The two take turns.
 *
 * `LLAMA_SERVER` is the server's command, such as `llama-server`; when it runs in another root (`chroot DIR llama-server`),
 * `LLAMA_SERVER_ROOT` names that. Without it node-llama-cpp called directly stands in, and the report says so.
 */
export async function benchLlm(): Promise<Figure[]> {
  const root = process.env['LLAMA_SERVER_ROOT'] ?? '/'
  const dir = await mkdtemp(join(root, tmpdir(), 'aitbc-bench-llm-'))
  const home = await MinerHome.make()
  const coordinator = await startCoordinatorProgram()
  try {
    await copyFile(EMBEDDED, modelPath(dir, 'bench-tiny'))
    await writeRandomGguf(modelPath(dir, 'bench-300m'), SHAPE_300M, SEED)
    const catalogue = join(dir, 'models.json')
    await writeFile(
      catalogue,
      JSON.stringify({ models: await Promise.all(SUBJECTS.map(({ name }) => catalogueEntry(dir, name))) }),
    )
    await home.configure({
      COORD_URL: coordinator.url,
      API_KEY: 'bench-miner',
      WORKLOADS: 'llm_gen',
      MAX_CONCURRENCY: TOGETHER,
      MODEL_CATALOGUE: catalogue,
    })
    const miner = home.start()
    const client = new Client(coordinator.url, 'bench-client')
    const figures: Figure[] = []
    for (const subject of SUBJECTS) {
      const jobs = new Jobs(client, join(home.dir, 'miner.log'), subject)
      const peer = await startPeer(root, modelPath(dir, subject.name))
      try {
        figures.push(...(await compare(subject, jobs, peer)))
      } finally {
        await peer.stop()
      }
    }
    await miner.stop()
    return figures
  } finally {
    await coordinator.program.stop()
    await home.remove()
    await rm(dir, { recursive: true, force: true })
  }
}

async function compare({ what, maxTokens, repeats, targets }: Subject, jobs: Jobs, peer: LlamaPeer): Promise<Figure[]> {
  const work: LlamaWork = { prompt: PROMPT, maxTokens }
  const kinds = [
    { label: 'one job', parallel: 1, target: targets.alone, ours: new Array<number>(), theirs: new Array<number>() },
    {
      label: `${TOGETHER} jobs`,
      parallel: TOGETHER,
      target: targets.together,
      ours: new Array<number>(),
      theirs: new Array<number>(),
    },
  ]
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { parallel, ours, theirs } of kinds) {
      const theirRate = await peerRate(peer, work, parallel, repeats)
      const ourRate = await jobs.rate(parallel, repeats)
      // The first round warms both up.
      if (round === 0) continue
      ours.push(ourRate)
      theirs.push(theirRate)
    }
  }
  const load = loadavg()[0]?.toFixed(1)
  return kinds.map(({ label, target, ours, theirs }) => {
    const ratio = median(ours.map((rate, round) => rate / (theirs[round] ?? Number.NaN)))
    return {
      what: `llm_gen, ${what}, ${maxTokens} tokens, ${label}`,
      ours: `${median(ours).toFixed(0)} tokens/s`,
      peer: `${median(theirs).toFixed(0)} tokens/s (${peer.name}; load ${load})`,
      ratio,
      target: `≥ ${target}`,
      isMet: ratio >= target,
    }
  })
}

/** Jobs of one subject at the real miner. */
class Jobs {
  readonly #client: Client
  readonly #log: string
  readonly #params: Readonly<Record<string, unknown>>

  constructor(client: Client, log: string, { name, maxTokens }: Subject) {
    this.#client = client
    this.#log = log
    this.#params = { prompt: PROMPT, max_tokens: maxTokens, model: name }
  }

  /** Tokens a second of so many jobs at a time: from the first one's start in the daemon to the last one's end. */
  async rate(parallel: number, repeats: number): Promise<number> {
    let tokens = 0
    let ms = 0
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const counts = await Promise.all(Array.from({ length: parallel }, () => this.#run()))
      tokens += counts.reduce((sum, count) => sum + count, 0)
      const done = (await logLines(this.#log, 'job done')).slice(-parallel)
      const ends = done.map(({ time }) => Date.parse(time))
      const starts = done.map(({ run_ms }, at) => (ends[at] ?? Number.NaN) - (run_ms ?? Number.NaN))
      ms += parallel === 1 ? (done[0]?.run_ms ?? Number.NaN) : Math.max(...ends) - Math.min(...starts)
    }
    return tokens / (ms / 1000)
  }

  async #run(): Promise<number> {
    const { id } = await this.#client.submit({ workload: 'llm_gen', params: this.#params })
    await this.#client.finished(id)
    return OutputSchema.parse(JSON.parse(String(await this.#client.output(id)))).tokens.length
  }
}

async function startPeer(root: string, path: string): Promise<LlamaPeer> {
  const command = process.env['LLAMA_SERVER']
  const threads = availableParallelism()
  if (command === undefined) return BareLlama.start(path, threads, TOGETHER)
  const inside = root === '/' ? path : path.slice(root.replace(/\/$/, '').length)
  return LlamaServer.start(command, inside, threads, TOGETHER)
}

function modelPath(dir: string, name: string): string {
  return join(dir, `${name}.gguf`)
}

async function catalogueEntry(dir: string, name: string): Promise<object> {
  const file = modelPath(dir, name)
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  const { size } = await stat(file)
  const facts = { licence: 'none', contextTokens: 512 }
  return { name, workload: 'llm_gen', file, sha256: hash.digest('hex'), bytes: size, ...facts }
}
