import { onTestFinished } from 'vitest'
import { startCoordinator } from '../../mock-coordinator/server.ts'
import { MinerHome } from '../../scripts/local-chain/chain.ts'
import { Client } from '../../scripts/local-chain/client.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { buildMiner } from '../../src/daemon/build-miner.ts'
import type { Miner } from '../../src/daemon/build-miner.ts'
import { MinerTotals } from '../../src/daemon/miner-totals.ts'
import { createServiceNotifier } from '../../src/platform/service-notifier.ts'
import { StateDirLock } from '../../src/platform/state-dir-lock.ts'
import { SystemClock } from '../../src/platform/system-clock.ts'
import { KEYS } from './miner-home.ts'
import { SILENT } from './test-machine.ts'

/** A miner and a coordinator in this process that note each crash point as they pass it. */
export interface RecordedLife {
  readonly client: Client
  readonly passed: { readonly miner: Set<string>; readonly coordinator: Set<string> }
  readonly miner: Miner
}

/** Both put together as their programs do it, and closed when the test has finished. */
export async function recordedLife(): Promise<RecordedLife> {
  const passed = { miner: new Set<string>(), coordinator: new Set<string>() }
  const coordinator = await startCoordinator({ crashPoint: (name) => passed.coordinator.add(name), sweepMs: 50 })
  onTestFinished(() => coordinator.close())
  const home = await MinerHome.make()
  onTestFinished(() => home.remove())
  await home.configure({ ...KEYS, COORD_URL: coordinator.url, MAX_CONCURRENCY: 1 })
  const loaded = loadConfig({ path: home.confFile, env: {}, hostname: 'test' })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const lock = StateDirLock.acquire(loaded.config.stateDir)
  onTestFinished(() => lock.release())
  const miner = await buildMiner({
    config: loaded.config,
    version: '0.0.0',
    environment: process.env,
    clock: new SystemClock(),
    logger: SILENT,
    notifier: createServiceNotifier({ notifySocket: undefined, logger: SILENT }),
    startedAt: new Date().toISOString(),
    totals: new MinerTotals(),
    crashPoint: (name) => passed.miner.add(name),
  })
  onTestFinished(() => miner[Symbol.asyncDispose]())
  return { client: new Client(coordinator.url, 'client-key'), passed, miner }
}
