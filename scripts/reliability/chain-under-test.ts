import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetchStatus } from '../../src/control/fetch-status.ts'
import type { MinerStatus } from '../../src/domain/miner-status.ts'
import { HealthSchema } from '../../src/protocol/health.ts'
import { MINER_NODE_FLAGS, MinerHome, startCoordinatorProgram } from '../local-chain/chain.ts'
import { Client } from '../local-chain/client.ts'
import { Program } from '../local-chain/program.ts'
import type { Books, Order } from './books.ts'
import { killIfThere, markedProcesses } from './marked-processes.ts'
import { readCoordinatorBooks } from './read-coordinator-books.ts'
import { readMinerBooks } from './read-miner-books.ts'

const WALLET = 'wallet_test'
const LEASE_S = 3
/** However often the miner dies under a job. */
const MAX_ATTEMPTS = 1_000
/** What a killed daemon's children may take to find out and to end. */
const ORPHANS_END_WITHIN_MS = 15_000

export interface ChainOptions {
  /** Further keys of miner.conf. */
  readonly minerKeys?: Readonly<Record<string, string | number>>
  /** @default so short that a miner that is dead for a moment loses its leases, which is part of the test */
  readonly leaseS?: number
  /** Modules to preload into the miner. */
  readonly minerPreload?: readonly string[]
  /** Further variables for the miner, given its folder. */
  readonly minerEnvironment?: (dir: string) => Readonly<Record<string, string>>
}

/** Engines have a TMPDIR of their own. */
const MARK = 'XDG_RUNTIME_DIR'

/**
 * A coordinator with its database and a miner with its folders, as processes that may be killed and started again. All that
 * a miner starts is recognised by its XDG_RUNTIME_DIR, which it hands down as it is, and which each life of it has its own.
 */
export class ChainUnderTest {
  readonly home: MinerHome
  readonly client: Client
  readonly url: string
  coordinator: Program
  miner: Program | null = null
  readonly #options: ChainOptions
  readonly #port: string
  /** Lives that the miner has begun. */
  #lives = 0

  private constructor(home: MinerHome, first: { readonly program: Program; readonly url: string }, options: ChainOptions) {
    this.home = home
    this.coordinator = first.program
    this.url = first.url
    this.client = new Client(first.url, 'client-key')
    this.#options = options
    this.#port = new URL(first.url).port
  }

  /** Starts the coordinator; the miner is not started yet. */
  static async make(options: ChainOptions = {}): Promise<ChainUnderTest> {
    const home = await MinerHome.make()
    const first = await startCoordinatorProgram(coordinatorArgs(home, '0', options))
    await home.configure({
      COORD_URL: first.url,
      WALLET_ADDR: WALLET,
      MAX_CONCURRENCY: 3,
      HEARTBEAT_SECS: 0.5,
      JOB_POLL_SECS: 0.05,
      CANCEL_GRACE_SECS: 1,
      ...options.minerKeys,
    })
    return new ChainUnderTest(home, first, options)
  }

  get dbPath(): string {
    return join(this.home.dir, 'coordinator.sqlite')
  }

  /** Starts the miner; `crashPoint` as `TEST_CRASH_POINT` takes it. */
  startMiner(crashPoint?: string): Program {
    const { minerPreload = [], minerEnvironment } = this.#options
    const flags = [...MINER_NODE_FLAGS, ...minerPreload.flatMap((path) => ['--import', path])]
    this.#lives += 1
    const tmpDir = this.#tmpDir(this.#lives)
    mkdirSync(tmpDir, { recursive: true })
    const environment = { TMPDIR: tmpDir, [MARK]: tmpDir, ...minerEnvironment?.(this.home.dir), ...armed(crashPoint) }
    this.miner = new Program('miner', 'src/main.ts', ['run', '--config', this.home.confFile], environment, flags)
    return this.miner
  }

  /** Starts the coordinator again where it was. */
  startCoordinator(crashPoint?: string): Program {
    const args = coordinatorArgs(this.home, this.#port, this.#options)
    this.coordinator = new Program('coordinator', 'mock-coordinator/main.ts', args, armed(crashPoint))
    return this.coordinator
  }

  status(): Promise<MinerStatus> {
    return fetchStatus(join(this.home.dir, 'state', 'control.sock'), 5_000)
  }

  /** Jobs that have not ended; 0 while the coordinator is away. */
  async openJobs(): Promise<number> {
    try {
      const response = await fetch(`${this.url}/health`)
      const { jobs } = HealthSchema.parse(await response.json())
      return jobs.queued + jobs.running
    } catch {
      return 0
    }
  }

  /** Processes that the present miner has started. */
  engines(): number[] {
    return this.#startedIn(this.#lives).filter((pid) => pid !== this.miner?.pid)
  }

  /** To be called when the present miner has been killed: resolves with the processes of it that do not end in time. */
  async orphans(): Promise<number[]> {
    const life = this.#lives
    const untilMs = performance.now() + ORPHANS_END_WITHIN_MS
    while (this.#startedIn(life).length > 0 && performance.now() < untilMs) await sleep(50)
    return this.#startedIn(life)
  }

  /** What is in the books now. To be asked when the miner has ended. */
  async books(orders: readonly Order[]): Promise<Books> {
    const { dir } = this.home
    const folders = { stateDir: join(dir, 'state'), workDir: join(dir, 'work'), tmpDirs: join(dir, 'tmp') }
    return {
      orders,
      coordinator: readCoordinatorBooks(this.dbPath),
      miner: { ...readMinerBooks(folders), orphans: await this.orphans() },
    }
  }

  /** Kills what is left of it and removes its folder. */
  async remove(): Promise<void> {
    for (const program of [this.miner, this.coordinator]) {
      program?.signal('SIGKILL')
      await program?.ended()
    }
    for (let life = 1; life <= this.#lives; life += 1) {
      for (const pid of this.#startedIn(life)) killIfThere(pid)
    }
    await this.home.remove()
  }

  #startedIn(life: number): number[] {
    return markedProcesses(MARK, this.#tmpDir(life))
  }

  #tmpDir(life: number): string {
    return join(this.home.dir, 'tmp', String(life))
  }
}

function coordinatorArgs(home: MinerHome, port: string, { leaseS = LEASE_S }: ChainOptions): string[] {
  const limits = ['--lease-secs', String(leaseS), '--max-attempts', String(MAX_ATTEMPTS)]
  return ['--port', port, '--db', join(home.dir, 'coordinator.sqlite'), '--quiet', ...limits]
}

function armed(crashPoint: string | undefined): Record<string, string> {
  return crashPoint === undefined ? {} : { TEST_CRASH_POINT: crashPoint }
}
