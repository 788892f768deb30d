import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { fingerprint } from '../auth/key-ring.ts'
import type { Identity, IssuedKey } from '../auth/key-ring.ts'

const KeyRowSchema = z.object({
  key_id: z.string(),
  role: z.enum(['miner', 'client', 'admin']),
  wallet: z.string().nullable(),
  miner_id: z.string().nullable(),
})

/** Adds newly issued keys to those already stored, as fingerprints, and returns all. */
export function storeKeys(database: DatabaseSync, issued: readonly IssuedKey[]): Identity[] {
  const put = database.prepare('INSERT OR REPLACE INTO keys (key_id, role, wallet, miner_id) VALUES (?, ?, ?, ?)')
  for (const key of issued) put.run(fingerprint(key.key), key.role, key.wallet, key.minerId)
  return database
    .prepare('SELECT key_id, role, wallet, miner_id FROM keys')
    .all()
    .map((row) => {
      const { key_id: keyId, role, wallet, miner_id: minerId } = KeyRowSchema.parse(row)
      return { keyId, role, wallet, minerId }
    })
}
