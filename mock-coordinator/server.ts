import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { buildApp } from './app.ts'
import { IssuedKeyRing, OpenKeyRing } from './auth/key-ring.ts'
import { Dispatcher } from './desk/dispatcher.ts'
import { EventHub } from './desk/event-hub.ts'
import { FailureDesk } from './desk/failure-desk.ts'
import { HeartbeatDesk } from './desk/heartbeat-desk.ts'
import { JobDesk } from './desk/job-desk.ts'
import { ProofDesk } from './desk/proof-desk.ts'
import { Statistics } from './desk/statistics.ts'
import { Sweeper } from './desk/sweeper.ts'
import { WalletDesk } from './desk/wallet-desk.ts'
import { FaultInjector } from './faults/fault-injector.ts'
import type { Context } from './http/context.ts'
import { IdempotencyGuard } from './http/idempotency-guard.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import type { Settings } from './settings.ts'
import { storeKeys } from './store/key-table.ts'
import { openStore } from './store/store.ts'
import type { Store } from './store/store.ts'

const VERSION = '1.0.0'
const REQUEST_TIMEOUT_MS = 60_000

export interface CoordinatorOptions extends Partial<Settings> {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
}

/** A running coordinator. */
export interface Coordinator {
  /** Without a slash at the end. */
  readonly url: string
  /** What it remembers, for tests to look into. */
  readonly store: Store
  /** What it does wrong on purpose. */
  readonly faults: FaultInjector
  /** Does now what its timer does by the second. */
  sweep(): void
  /** Ends waiting polls with no job, closes all connections and the store. */
  close(): Promise<void>
}

/** Starts a coordinator; rejects when the address is taken or the database cannot be opened. */
export async function startCoordinator(options: CoordinatorOptions = {}): Promise<Coordinator> {
  const { host = '127.0.0.1', port = 0, ...chosen } = options
  const settings: Settings = { ...DEFAULT_SETTINGS, ...chosen }
  const store = openStore(settings.dbPath, settings.maxIdempotencyRecords, settings.crashPoint)
  try {
    const hub = new EventHub(store.events)
    const dispatcher = new Dispatcher({ store, hub, settings })
    const deps = { store, hub, dispatcher, settings }
    const faults = new FaultInjector(settings)
    if (settings.faults !== null) faults.put(settings.faults)
    const context: Context = {
      ...deps,
      keys: settings.isStrict ? new IssuedKeyRing(storeKeys(store.database, settings.keys)) : new OpenKeyRing(),
      heartbeats: new HeartbeatDesk(store, settings),
      proofs: new ProofDesk(deps),
      failures: new FailureDesk(deps),
      jobs: new JobDesk(deps),
      wallets: new WalletDesk(store, settings),
      statistics: new Statistics(store, settings),
      idempotency: new IdempotencyGuard(),
      faults,
      startedMs: settings.nowMs(),
      version: VERSION,
    }
    const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, buildApp(context))
    const url = await listen(server, host, port)
    const sweeper = new Sweeper(deps)
    sweeper.start()
    let closing: Promise<void> | null = null
    return {
      url,
      store,
      faults,
      sweep: () => sweeper.sweep(),
      close: () => (closing ??= closeAll({ server, dispatcher, sweeper, store })),
    }
  } catch (error) {
    store.database.close()
    throw error
  }
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error(`cannot tell the port that ${host}:${port} listens on`)
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}

async function closeAll(parts: { server: Server; dispatcher: Dispatcher; sweeper: Sweeper; store: Store }): Promise<void> {
  const { server, dispatcher, sweeper, store } = parts
  sweeper.stop()
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    dispatcher.dismissAll()
    setImmediate(() => server.closeAllConnections())
  })
  store.database.close()
}
