import { z } from 'zod'
import { MoneySchema, MoneyUnitSchema, SignedMoneySchema, UtcTimeSchema } from './primitives.ts'

/** What a wallet holds; `pending` is what its running jobs will pay. `wallet` is null for the sum of all. */
export const BalanceSchema = z.object({
  wallet: z.string().nullable(),
  balance: MoneySchema,
  pending: MoneySchema,
  unit: MoneyUnitSchema,
  updated_at: UtcTimeSchema,
})

/** One booking. */
export const LedgerEntrySchema = z.object({
  id: z.string(),
  at: UtcTimeSchema,
  job_id: z.string().nullable(),
  amount: SignedMoneySchema,
  kind: z.string(),
})

/** A page of bookings, oldest first; `next_cursor` is null on the last page. */
export const LedgerPageSchema = z.object({
  entries: z.array(LedgerEntrySchema),
  next_cursor: z.string().nullable(),
})

export type WireBalance = z.infer<typeof BalanceSchema>
export type WireLedgerPage = z.infer<typeof LedgerPageSchema>
