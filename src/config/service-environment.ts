/** What the one who started the daemon says of its surroundings. */
export interface ServiceEnvironment {
  /** Where systemd listens for a unit of `Type=notify`. */
  readonly notifySocket: string | undefined
  /** The unit's `WatchdogSec`: without a sign of life for so long, systemd ends the daemon. Null when it does not watch. */
  readonly watchdogMs: number | null
  /** True when standard output is the journal's, which adds the time itself and reads priorities. */
  readonly isJournal: boolean
  /** True when a terminal belongs to it, whose end SIGHUP would tell. */
  readonly hasTerminal: boolean
  readonly wantsColors: boolean
  /** All of it, for whoever passes a few names of it on. */
  readonly variables: Readonly<Record<string, string | undefined>>
}

/** The part of `process` that is looked at. */
interface Surroundings extends Pick<NodeJS.Process, 'env' | 'pid'> {
  readonly stdin: { readonly isTTY: boolean }
  readonly stdout: { readonly isTTY: boolean }
}

/** Reads the surroundings; a watchdog that was meant for a parent is none. */
export function serviceEnvironment({ env, stdin, stdout, pid }: Surroundings = process): ServiceEnvironment {
  return {
    notifySocket: env['NOTIFY_SOCKET'],
    watchdogMs: watchdogMs(env, pid),
    isJournal: env['JOURNAL_STREAM'] !== undefined && !stdout.isTTY,
    hasTerminal: stdin.isTTY || stdout.isTTY,
    wantsColors: stdout.isTTY && env['NO_COLOR'] === undefined,
    variables: env,
  }
}

/** As sd_watchdog_enabled(3) reads it: the variables may have been meant for a parent. */
function watchdogMs(env: Readonly<Record<string, string | undefined>>, pid: number): number | null {
  const { WATCHDOG_PID: watched, WATCHDOG_USEC: limit } = env
  if (limit === undefined || (watched !== undefined && watched !== String(pid))) return null
  return /^[1-9]\d{0,15}$/.test(limit) ? Number(limit) / 1000 : null
}
