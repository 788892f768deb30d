import { HttpTransport } from '../../coordinator/http-transport.ts'
import { CoordinatorFailure } from '../../domain/coordinator-failure.ts'
import { fetchStatus } from '../../control/fetch-status.ts'
import { silentLogger } from '../../platform/silent-logger.ts'
import { BalanceSchema } from '../../protocol/wallet.ts'
import type { MinerConfig } from '../../config/miner-config.ts'
import type { Check, DoctorContext } from './check.ts'
import { failed, good, warning } from './finding.ts'
import type { Finding } from './finding.ts'

/**
 * Whether the coordinator takes the key. It is tried by reading the balance of its wallet: the one call for miners that changes
 * nothing. A heartbeat or a request for work would touch the leases of a running miner.
 */
export const KEY_CHECK: Check = {
  id: 'key',
  name: 'API key',
  needs: ['coordinator'],
  limitMs: 20_000,
  run: async (context, signal) => {
    const { config, clock, version } = context
    const transport = new HttpTransport(
      {
        baseUrl: config.coordUrl,
        apiKey: config.apiKey,
        certificates: config.coordCertificates,
        timeoutMs: 15_000,
        maxConnections: 1,
        userAgent: `aitbc-miner/${version}`,
      },
      clock,
      silentLogger(),
    )
    try {
      const { body } = await transport.call({ method: 'GET', path: '/v1/wallet/balance', signal })
      return [ofBalance(body, config)]
    } catch (error) {
      if (!(error instanceof CoordinatorFailure)) throw error
      return [await ofFailure(error, context)]
    } finally {
      await transport.close()
    }
  },
}

function ofBalance(body: unknown, { wallet, configFile }: MinerConfig): Finding {
  const read = BalanceSchema.safeParse(body)
  if (!read.success) return good('accepted')
  const { balance, unit } = read.data
  if (read.data.wallet === null) return good('accepted')
  if (read.data.wallet !== wallet) {
    return warning(
      `accepted, but it belongs to the wallet ${read.data.wallet}, and WALLET_ADDR is ${wallet}`,
      `set WALLET_ADDR or API_KEY in ${configFile}, so that they belong together`,
    )
  }
  return good(`accepted; the wallet holds ${balance} ${unit}`)
}

async function ofFailure(failure: CoordinatorFailure, context: DoctorContext): Promise<Finding> {
  const { configFile } = context.config
  if (failure.status === 401) {
    return failed(
      `the coordinator refuses it (${failure.message})`,
      `set API_KEY in ${configFile} to the key that your wallet or coordinator gave you`,
    )
  }
  if (failure.status === 403) {
    return warning(
      `the coordinator knows it, but does not let it read its wallet (${failure.message})`,
      'if the miner gets no work either, ask for a key with the role of a miner',
    )
  }
  switch (failure.failureClass) {
    case 'missing':
      return untried(context)
    case 'garbled':
      return failed(failure.message, 'check COORD_URL: something else answers there')
    case 'overloaded':
      return warning(`the coordinator is too busy to say (${failure.message})`, 'try again later')
    case 'unreachable':
    case 'unauthorized':
    case 'rejected':
      return failed(failure.message, 'check COORD_URL, or ask the operator of the coordinator')
    default:
      return failure.failureClass satisfies never
  }
}

/** Where no call tries the key without taking work, a running miner knows whether it was let in. */
async function untried({ config }: DoctorContext): Promise<Finding> {
  const status = await fetchStatus(config.controlSocket, 5_000).catch(() => null)
  if (status?.state === 'online') return good('accepted: the running miner is let in')
  if (status?.stateReason?.includes('API key') === true) return failed(status.stateReason, `set API_KEY in ${config.configFile}`)
  return warning(
    'this coordinator has no call that would try it without taking work',
    'start the miner and look at: aitbc-miner status',
  )
}
