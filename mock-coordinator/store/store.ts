import type { DatabaseSync } from 'node:sqlite'
import type { CrashPoint } from '../crash-points.ts'
import { openDatabase, transactor } from './database.ts'
import type { Transact } from './database.ts'
import { EventTable } from './event-table.ts'
import { IdempotencyTable } from './idempotency-table.ts'
import { JobTable } from './job-table.ts'
import { LeaseTable } from './lease-table.ts'
import { Ledger } from './ledger.ts'
import { MinerRegistry } from './miner-registry.ts'
import { OutputTable } from './output-table.ts'

/** All that a coordinator remembers. */
export interface Store {
  readonly database: DatabaseSync
  readonly jobs: JobTable
  readonly leases: LeaseTable
  readonly ledger: Ledger
  readonly events: EventTable
  readonly outputs: OutputTable
  readonly miners: MinerRegistry
  readonly idempotency: IdempotencyTable
  readonly transact: Transact
}

/** Opens the store at `path`, or in memory with `:memory:`. */
export function openStore(path: string, maxIdempotencyRecords: number, crashPoint: (name: CrashPoint) => void): Store {
  const database = openDatabase(path)
  return {
    database,
    jobs: new JobTable(database),
    leases: new LeaseTable(database),
    ledger: new Ledger(database),
    events: new EventTable(database),
    outputs: new OutputTable(database),
    miners: new MinerRegistry(database),
    idempotency: new IdempotencyTable(database, maxIdempotencyRecords),
    transact: transactor(database, crashPoint),
  }
}
