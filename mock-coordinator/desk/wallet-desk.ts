import type { WireBalance, WireLedgerPage } from '../../src/protocol/wallet.ts'
import type { WireLedgerQuery } from '../../src/protocol/page-query.ts'
import { ApiError } from '../api-error.ts'
import type { Identity } from '../auth/key-ring.ts'
import { toUtcTime } from '../ids.ts'
import { formatMoney, parseReward } from '../money.ts'
import type { Settings } from '../settings.ts'
import type { Store } from '../store/store.ts'

/** Tells what wallets hold. */
export class WalletDesk {
  readonly #store: Store
  readonly #settings: Settings

  constructor(store: Store, settings: Settings) {
    this.#store = store
    this.#settings = settings
  }

  balance(identity: Identity, asked: string | undefined): WireBalance {
    const wallet = this.#choose(identity, asked)
    const { balanceMinor, updatedMs } = this.#store.ledger.sum(wallet)
    return {
      wallet,
      balance: formatMoney(balanceMinor),
      pending: formatMoney(this.#pendingMinor(wallet)),
      unit: this.#settings.unit,
      updated_at: toUtcTime(updatedMs ?? this.#settings.nowMs()),
    }
  }

  ledger(identity: Identity, query: WireLedgerQuery): WireLedgerPage {
    return this.#store.ledger.page(this.#choose(identity, query.wallet), query.cursor, query.limit)
  }

  /** The wallet asked for, else the key's own, else null for all. Under strict keys a caller sees its own alone, an admin any. */
  #choose(identity: Identity, asked: string | undefined): string | null {
    const own = identity.wallet ?? this.#store.miners.walletOf(identity.keyId)
    if (identity.role === null || identity.role === 'admin') return asked ?? own
    if (own === null || (asked !== undefined && asked !== own)) {
      throw new ApiError('FORBIDDEN', 'this key may look into its own wallet only', { field: 'wallet' })
    }
    return own
  }

  #pendingMinor(wallet: string | null): bigint {
    let sum = 0n
    for (const job of this.#store.jobs.leased()) {
      const holder = this.#store.miners.find(job.holder_key ?? '', job.holder_miner ?? '')
      if (wallet === null || holder?.wallet === wallet) sum += parseReward(job.reward)
    }
    return sum
  }
}
