import { fetchStatus } from '../../control/fetch-status.ts'
import { AitbcError } from '../../domain/errors.ts'
import type { MinerStatus } from '../../domain/miner-status.ts'
import type { Check, DoctorContext } from './check.ts'
import { failed, good, skipped, warning } from './finding.ts'
import type { Finding } from './finding.ts'
import { askUnit } from './service-unit.ts'

const ANSWER_MS = 5_000
const LOGS = 'journalctl -u aitbc-miner -n 50'
/** A start alone is refused to a service that failed too often. */
const START_ANEW = 'systemctl reset-failed aitbc-miner && systemctl restart aitbc-miner'

/** Whether the miner runs, and what it says of itself. */
export const SERVICE_CHECK: Check = {
  id: 'service',
  name: 'service',
  needs: [],
  limitMs: 10_000,
  run: async (context, signal) => {
    const { controlSocket } = context.config
    try {
      return [ofRunning(await fetchStatus(controlSocket, ANSWER_MS), context.version)]
    } catch (error) {
      if (!(error instanceof AitbcError)) throw error
      if (error.code === 'AITBC_NOT_RUNNING') return [await ofStopped(context, signal)]
      if (error.facts['permissionDenied'] === true)
        return [skipped(`${context.viewpoint.user} may not ask the miner on ${controlSocket}, which is another user's`)]
      return [failed(error.message, `systemctl restart aitbc-miner, then: ${LOGS}`)]
    }
  },
}

function ofRunning(status: MinerStatus, version: string): Finding {
  const { state, stateReason, pid } = status
  const what = `running (pid ${pid}, version ${status.version}), ${state}${stateReason === null ? '' : `: ${stateReason}`}`
  if (status.version !== version) return warning(`${what}; this program is version ${version}`, 'systemctl restart aitbc-miner')
  return state === 'waiting' ? warning(what, 'see the lines below, and: aitbc-miner status') : good(what)
}

async function ofStopped({ config, environment }: DoctorContext, signal: AbortSignal): Promise<Finding> {
  const unit = await askUnit(environment, signal)
  const none = `nobody listens on ${config.controlSocket}`
  if (unit?.isMasked === true)
    return warning('not running: the service is masked', 'systemctl unmask aitbc-miner && systemctl enable --now aitbc-miner')
  if (unit === null || !unit.isLoaded)
    return warning(`not running: ${none}`, 'aitbc-miner run, or install the package and: systemctl enable --now aitbc-miner')
  if (unit.isFailing)
    return failed(
      `the service fails (${unit.state}, result ${unit.result}): ${none}`,
      `${LOGS}; when that is mended: ${START_ANEW}`,
    )
  if (unit.state.startsWith('active'))
    return failed(`the service is ${unit.state}, but ${none}`, `is CONTROL_SOCKET the service's own? ${LOGS}`)
  return warning(`not running (${unit.state})`, 'systemctl enable --now aitbc-miner')
}
