import type { Check } from './check.ts'
import { failed, good, warning } from './finding.ts'

const WARN_S = 30
/** Half of what proofs and certificates commonly forgive. */
const FAIL_S = 300
const REMEDY = 'timedatectl set-ntp true, then look at: timedatectl'

/** Whether the coordinator's clock and ours agree. */
export const CLOCK_CHECK: Check = {
  id: 'clock',
  name: 'clock',
  needs: ['coordinator'],
  limitMs: 15_000,
  run: async ({ health }, signal) => {
    const { serverMs, ourMs } = await health(signal)
    if (serverMs === null)
      return [warning('the coordinator tells no time (no Date header)', 'see that the clock is right: timedatectl')]
    // The header tells whole seconds: on average it is half a second late.
    const aheadS = Math.round((ourMs - serverMs - 500) / 1000)
    const off = Math.abs(aheadS)
    if (off <= 1) return [good("agrees with the coordinator's to a second")]
    const what = `${off} s ${aheadS > 0 ? 'ahead of' : 'behind'} the coordinator's`
    if (off > FAIL_S) return [failed(what, REMEDY)]
    return [off > WARN_S ? warning(what, REMEDY) : good(what)]
  },
}
