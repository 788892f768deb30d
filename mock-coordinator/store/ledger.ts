import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { z } from 'zod'
import type { WireLedgerPage } from '../../src/protocol/wallet.ts'
import { toUtcTime } from '../ids.ts'
import { formatMoney } from '../money.ts'

const WalletRowSchema = z.object({ balance: z.bigint().nullable(), updated_ms: z.bigint().nullable() })
const EntryRowSchema = z.object({ id: z.bigint(), at_ms: z.bigint(), job_id: z.string(), amount: z.bigint(), kind: z.string() })

/** What a wallet, or all together, hold. */
export interface WalletSum {
  readonly balanceMinor: bigint
  /** Null before the first booking. */
  readonly updatedMs: number | null
}

/** Bookings in integer minor units. A wallet's balance is the sum of its bookings, changed in the same transaction. */
export class Ledger {
  readonly #insert: StatementSync
  readonly #add: StatementSync
  readonly #wallet: StatementSync
  readonly #all: StatementSync
  readonly #page: StatementSync

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare("INSERT INTO ledger (wallet, at_ms, job_id, amount, kind) VALUES (?, ?, ?, ?, 'reward')")
    this.#add = database.prepare(
      `INSERT INTO wallets (wallet, balance, updated_ms) VALUES (?, ?, ?)
       ON CONFLICT (wallet) DO UPDATE SET balance = balance + excluded.balance, updated_ms = excluded.updated_ms RETURNING balance, updated_ms`,
    )
    this.#wallet = database.prepare('SELECT balance, updated_ms FROM wallets WHERE wallet = ?')
    this.#all = database.prepare('SELECT sum(balance) AS balance, max(updated_ms) AS updated_ms FROM wallets')
    this.#page = database.prepare(
      'SELECT id, at_ms, job_id, amount, kind FROM ledger WHERE id > ?1 AND (?2 IS NULL OR wallet = ?2) ORDER BY id LIMIT ?3',
    )
    for (const statement of [this.#add, this.#wallet, this.#all, this.#page]) statement.setReadBigInts(true)
  }

  /** Credits a job's reward and returns the wallet's new balance; throws when that job was credited before. */
  credit(wallet: string, jobId: string, amountMinor: bigint, nowMs: number): bigint {
    this.#insert.run(wallet, nowMs, jobId, amountMinor)
    return WalletRowSchema.parse(this.#add.get(wallet, amountMinor, nowMs)).balance ?? 0n
  }

  /** `wallet` null sums all. */
  sum(wallet: string | null): WalletSum {
    const row = wallet === null ? this.#all.get() : this.#wallet.get(wallet)
    if (row === undefined) return { balanceMinor: 0n, updatedMs: null }
    const { balance, updated_ms: updated } = WalletRowSchema.parse(row)
    return { balanceMinor: balance ?? 0n, updatedMs: updated === null ? null : Number(updated) }
  }

  /** Bookings after `cursor`, oldest first; `wallet` null takes all. */
  page(wallet: string | null, cursor: string | undefined, limit: number): WireLedgerPage {
    const rows = this.#page.all(BigInt(cursor ?? 0), wallet, limit + 1).map((row) => EntryRowSchema.parse(row))
    const shown = rows.slice(0, limit)
    return {
      entries: shown.map((row) => ({
        id: String(row.id),
        at: toUtcTime(Number(row.at_ms)),
        job_id: row.job_id,
        amount: formatMoney(row.amount),
        kind: row.kind,
      })),
      next_cursor: rows.length > limit ? String(shown.at(-1)?.id ?? '') : null,
    }
  }
}
