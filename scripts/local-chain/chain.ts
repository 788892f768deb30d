import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Program } from './program.ts'

/**
 * As in the script `miner` of package.json: a small young generation and one helper thread save 8 MB and cost no speed; no signal opens
 * a debugger.
 */
export const MINER_NODE_FLAGS: readonly string[] = ['--max-semi-space-size=1', '--v8-pool-size=1', '--disable-sigusr1']

/** Starts the mock coordinator on a free port (or the given one) and resolves when it listens. */
export async function startCoordinatorProgram(
  args: readonly string[] = ['--port', '0'],
): Promise<{ program: Program; url: string }> {
  const program = new Program('coordinator', 'mock-coordinator/main.ts', args)
  const line = await program.waitForLine(/http:\/\/[\w.:[\]]+/)
  const url = /http:\/\/[\w.:[\]]+\d/.exec(line)?.[0]
  if (url === undefined) throw new Error(`the coordinator did not say where it listens: ${line}`)
  return { program, url }
}

/** A folder for one miner: its configuration, state, scratch space and log, gone with `remove`. */
export class MinerHome {
  readonly dir: string

  private constructor(dir: string) {
    this.dir = dir
  }

  static async make(): Promise<MinerHome> {
    return new MinerHome(await mkdtemp(join(tmpdir(), 'aitbc-miner-')))
  }

  get confFile(): string {
    return join(this.dir, 'miner.conf')
  }

  /** Writes the configuration: everything in this folder, and the given keys. */
  async configure(keys: Readonly<Record<string, string | number>>): Promise<void> {
    const all = {
      WALLET_ADDR: 'wallet_demo',
      API_KEY: 'demo-key',
      MINER_ID: 'demo-miner',
      WORK_DIR: join(this.dir, 'work'),
      STATE_DIR: join(this.dir, 'state'),
      LOG_FILE: join(this.dir, 'miner.log'),
      ...keys,
    }
    const text = Object.entries(all).map(([key, value]) => `${key}="${value}"\n`)
    await writeFile(this.confFile, text.join(''), { mode: 0o600 })
  }

  /** Starts the miner with the configuration of this folder. */
  start(env: Readonly<Record<string, string>> = {}): Program {
    return new Program('miner', 'src/main.ts', ['run', '--config', this.confFile], env, MINER_NODE_FLAGS)
  }

  remove(): Promise<void> {
    return rm(this.dir, { recursive: true, force: true })
  }
}
