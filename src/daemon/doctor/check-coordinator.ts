import type { Check } from './check.ts'
import type { HealthAnswer } from './ask-health.ts'
import { failed, good, warning } from './finding.ts'
import { reasonOf } from './system-error.ts'

/** Whether what listens there answers as a coordinator does. */
export const COORDINATOR_CHECK: Check = {
  id: 'coordinator',
  name: 'coordinator',
  needs: ['connection'],
  limitMs: 15_000,
  ifLate: 'is that port a coordinator, and is it well? check COORD_URL, or ask its operator',
  run: async ({ config: { coordUrl }, health }, signal) => {
    let answer: HealthAnswer
    try {
      answer = await health(signal)
    } catch (error) {
      return [failed(`no answer to GET /health: ${reasonOf(error)}`, 'check protocol and port of COORD_URL')]
    }
    const { status, location } = answer
    if (status >= 300 && status < 400) {
      const remedy = 'redirects are not followed: set COORD_URL to where it points'
      return [failed(`${coordUrl.href} sends on to ${location ?? 'elsewhere'} (HTTP ${status})`, remedy)]
    }
    if (status >= 500) return [warning(`it is not well: HTTP ${status} to GET /health`, 'ask its operator, or try again later')]
    return [good(status === 200 ? 'it answers, and says it is well' : `it answers (HTTP ${status} to GET /health)`)]
  },
}
