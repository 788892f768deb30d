import type { MinerStatus } from '../domain/miner-status.ts'

/** One line for `systemctl status`, without what changes all the time and is told with the next sign of life. */
export interface StatusLine {
  readonly what: string
  /** When the coordinator was last heard of; null before that. */
  readonly contact: string | null
}

/** What the miner is doing, for a person, as in `running 1 of 2 jobs (llm_gen); 12 done, balance 0.85 AITBC`. */
export function statusLine(status: MinerStatus): StatusLine {
  const { lastContactAt } = status.coordinator
  return {
    what: [doing(status), ...done(status)].join('; '),
    contact: lastContactAt === null ? null : `coordinator heard at ${lastContactAt.slice(11, 19)} UTC`,
  }
}

function doing(status: MinerStatus): string {
  const { state, stateReason, jobs, slots } = status
  const reason = stateReason === null ? '' : `: ${stateReason}`
  if (jobs.length > 0) {
    const names = [...new Set(jobs.map(({ workload }) => workload))].join(', ')
    const running = `running ${jobs.length} of ${slots.total} ${slots.total === 1 ? 'job' : 'jobs'} (${names})`
    return state === 'online' ? running : `${state}${reason}; ${running}`
  }
  return state === 'online' ? 'ready, no job at present' : `${state}${reason}`
}

function done({ totals, outbox, coordinator, gpus }: MinerStatus): string[] {
  const { balance } = coordinator
  const broken = gpus.find(({ problem }) => problem !== null)
  const facts = [
    ...(totals.credited > 0 ? [`${totals.credited} done`] : []),
    ...(totals.failed > 0 ? [`${totals.failed} failed`] : []),
    ...(outbox.waiting > 0 ? [`${outbox.waiting} waiting for delivery`] : []),
    ...(balance === null ? [] : [`balance ${balance}`]),
  ]
  return [
    ...(facts.length === 0 ? [] : [facts.join(', ')]),
    ...(broken?.problem == null ? [] : [`GPU ${broken.index}: ${broken.problem}`]),
  ]
}
