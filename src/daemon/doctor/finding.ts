/** good: as it should be; warning: the miner works, but not as well as it could; failed: it does not; skipped: not looked at. */
export type Verdict = 'good' | 'warning' | 'failed' | 'skipped'

/** One thing that a check found out. */
export interface Finding {
  readonly verdict: Verdict
  /** What is there, or what is wrong: lower-case start, no full stop. */
  readonly found: string
  /** What to do about it; null where there is nothing to do. */
  readonly remedy: string | null
  /** For a check that finds out about several things: which of them. The check's own name where it is left out. */
  readonly subject?: string
}

/** As it should be: there is nothing to do. */
export function good(found: string, subject?: string): Finding {
  return finding('good', found, null, subject)
}

/** The miner works, but would work better with the remedy. */
export function warning(found: string, remedy: string, subject?: string): Finding {
  return finding('warning', found, remedy, subject)
}

/** The miner does not work without the remedy. */
export function failed(found: string, remedy: string, subject?: string): Finding {
  return finding('failed', found, remedy, subject)
}

/** `why` says what has to be true before it can be looked at. */
export function skipped(why: string, subject?: string): Finding {
  return finding('skipped', why, null, subject)
}

function finding(verdict: Verdict, found: string, remedy: string | null, subject: string | undefined): Finding {
  return subject === undefined ? { verdict, found, remedy } : { verdict, found, remedy, subject }
}
