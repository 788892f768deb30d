import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { IssuedKey } from './key-ring.ts'

const KeysFileSchema = z.array(
  z.object({
    key: z.string().regex(/^\S{8,512}$/, 'must be 8 to 512 characters without spaces'),
    role: z.enum(['miner', 'client', 'admin']),
    wallet: z.string().min(1).nullish(),
    miner_id: z.string().min(1).nullish(),
  }),
)

/** Reads a file of keys; throws an Error that names what is wrong with it. */
export function readKeysFile(path: string): IssuedKey[] {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`cannot read keys from ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  const keys = KeysFileSchema.safeParse(json)
  if (!keys.success) throw new Error(`keys in ${path} do not fit: ${z.prettifyError(keys.error)}`)
  return keys.data.map(({ key, role, wallet, miner_id: minerId }) => ({
    key,
    role,
    wallet: wallet ?? null,
    minerId: minerId ?? null,
  }))
}

/** One fresh key of each role. */
export function makeKeys(): IssuedKey[] {
  return (['miner', 'client', 'admin'] as const).map((role) => ({
    key: `${role}_${randomBytes(18).toString('base64url')}`,
    role,
    wallet: null,
    minerId: null,
  }))
}
