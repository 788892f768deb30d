import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { CoordinatorBooks } from './books.ts'

const JobRow = z.object({ id: z.string(), state: z.string(), reward: z.string(), error: z.string().nullable() })
const EndingRow = z.object({ jobId: z.string() })
const LeaseRow = z.object({ id: z.string(), jobId: z.string(), ended: z.string().nullable() })
const CreditRow = z.object({ jobId: z.string(), amount: z.bigint() })
const BalanceRow = z.object({ balance: z.bigint().nullable() })
const DECIMALS = 8

/** Reads the database of a coordinator, which may be running. */
export function readCoordinatorBooks(dbPath: string): CoordinatorBooks {
  const database = new DatabaseSync(dbPath, { readOnly: true, timeout: 5_000 })
  try {
    const all = (sql: string): unknown[] => {
      const statement = database.prepare(sql)
      statement.setReadBigInts(true)
      return statement.all()
    }
    const jobs = z.array(JobRow).parse(all('SELECT id, state, reward, error FROM jobs ORDER BY seq'))
    const endings = all(
      `SELECT job_id AS jobId FROM events WHERE type = 'state'
       AND json_extract(data, '$.state') IN ('completed', 'failed', 'canceled', 'expired') ORDER BY id`,
    )
    const [sum] = z.array(BalanceRow).parse(all('SELECT sum(balance) AS balance FROM wallets'))
    return {
      jobs: jobs.map((job) => ({ ...job, reward: minorUnits(job.reward) })),
      endings: z.array(EndingRow).parse(endings),
      leases: z.array(LeaseRow).parse(all('SELECT id, job_id AS jobId, ended FROM leases')),
      credits: z.array(CreditRow).parse(all('SELECT job_id AS jobId, amount FROM ledger ORDER BY id')),
      balance: sum?.balance ?? 0n,
    }
  } finally {
    database.close()
  }
}

/** A decimal amount in units of 10^-8. */
export function minorUnits(amount: string): bigint {
  const [whole = '', fraction = ''] = amount.split('.')
  return BigInt(whole + fraction.padEnd(DECIMALS, '0'))
}
