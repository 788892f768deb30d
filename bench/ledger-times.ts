import { LedgerPageSchema } from '../src/protocol/wallet.ts'

/** When each credit of a wallet was booked, epoch milliseconds, in order. */
export async function ledgerTimes(url: string, key: string, wallet: string): Promise<number[]> {
  const times: number[] = []
  let cursor: string | null = null
  do {
    const query = new URLSearchParams({ wallet, limit: '500', ...(cursor === null ? {} : { cursor }) })
    const response = await fetch(`${url}/v1/wallet/ledger?${query.toString()}`, { headers: { authorization: `Bearer ${key}` } })
    const page = LedgerPageSchema.parse(await response.json())
    for (const entry of page.entries) times.push(Date.parse(entry.at))
    cursor = page.next_cursor
  } while (cursor !== null)
  return times.toSorted((a, b) => a - b)
}
