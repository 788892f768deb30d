import { join } from 'node:path'
import { z } from 'zod'
import { Client } from '../scripts/local-chain/client.ts'
import { MinerHome, startCoordinatorProgram } from '../scripts/local-chain/chain.ts'
import { Program } from '../scripts/local-chain/program.ts'
import { median } from './figures.ts'
import { logLines } from './miner-log.ts'

export type BenchJob = Parameters<Client['submit']>[0]

/** What is measured at the miner, and the program that does the same with onnxruntime-node alone. */
export interface OnnxSubject {
  readonly workload: string
  /** Of the miner, besides those of any bench. */
  readonly config: Readonly<Record<string, string | number>>
  /** Prints lines `{"ms": …}`, one for each time that it measured. */
  readonly bareProgram: string
  readonly bareArgs: readonly (string | number)[]
  readonly rounds: number
  /** Measures once more, in ms. */
  readonly measure: (miner: BenchMiner) => Promise<number>
}

const BareSchema = z.object({ ms: z.number() })

/** A real miner with a coordinator of its own. */
export class BenchMiner {
  readonly #client: Client
  readonly #logFile: string

  constructor(client: Client, logFile: string) {
    this.#client = client
    this.#logFile = logFile
  }

  /** Runs the jobs one after another and returns what each took in the daemon, from its start to its hashed output, in ms. */
  async runMs(jobs: readonly BenchJob[]): Promise<number[]> {
    for (const job of jobs) {
      const { id } = await this.#client.submit(job)
      const { state, error } = await this.#client.finished(id)
      if (state !== 'completed') throw new Error(`job ${id} is ${state}: ${error?.message ?? 'no reason given'}`)
    }
    return (await logLines(this.#logFile, 'job done')).slice(-jobs.length).map((line) => line.run_ms ?? Number.NaN)
  }

  /**
   * Runs pairs of a long job and a short one, and returns the median of what the long one takes more: the work itself, without what all
   * jobs have in common.
   */
  async differenceMs(long: BenchJob, short: BenchJob, pairs: number): Promise<number> {
    const differences: number[] = []
    for (let pair = 0; pair < pairs; pair += 1) {
      const [longMs = Number.NaN, shortMs = Number.NaN] = await this.runMs([long, short])
      differences.push(longMs - shortMs)
    }
    return median(differences)
  }
}

/** Measures both in turns, so that a machine whose speed drifts is the same for both. */
export async function onnxRounds(
  subject: OnnxSubject,
): Promise<{ readonly bare: readonly number[]; readonly ours: readonly number[] }> {
  const { workload, config, rounds, measure } = subject
  const home = await MinerHome.make()
  const coordinator = await startCoordinatorProgram()
  try {
    await home.configure({
      COORD_URL: coordinator.url,
      API_KEY: 'bench-miner',
      WORKLOADS: workload,
      ACCEL_MODE: 'cpu',
      ...config,
    })
    const process = home.start()
    const miner = new BenchMiner(new Client(coordinator.url, 'bench-client'), join(home.dir, 'miner.log'))
    // The first job starts the engine and loads the model.
    await measure(miner)
    const bare: number[] = []
    const ours: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      bare.push(await bareMs(subject))
      ours.push(await measure(miner))
    }
    await process.stop()
    return { bare, ours }
  } finally {
    await coordinator.program.stop()
    await home.remove()
  }
}

async function bareMs({ bareProgram, bareArgs }: OnnxSubject): Promise<number> {
  const program = new Program('bare onnxruntime', bareProgram, bareArgs.map(String))
  if ((await program.ended()) !== 0) throw new Error(`onnxruntime-node failed:\n${program.lines.join('\n')}`)
  const runs = program.lines.filter((line) => line.startsWith('{')).map((line) => BareSchema.parse(JSON.parse(line)))
  return median(runs.map(({ ms }) => ms))
}
