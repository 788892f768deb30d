import type { Clock } from '../../domain/ports.ts'
import type { Check } from './check.ts'
import { failed, skipped } from './finding.ts'
import type { Finding, Verdict } from './finding.ts'

/** A line of the doctor's. Part of the stable output of `aitbc-miner doctor --json`. */
export interface DoctorRow {
  /** Id of the check. */
  readonly check: string
  /** What it is about, for a person; a check may tell of several things. */
  readonly name: string
  readonly verdict: Verdict
  readonly found: string
  /** What to do; null where there is nothing to do. */
  readonly remedy: string | null
  /** How long the check took, in milliseconds. */
  readonly tookMs: number
}

export interface RunChecksDeps<C> {
  readonly checks: readonly Pick<CheckOf<C>, keyof Check>[]
  readonly context: C
  readonly clock: Clock
  /** Makes text fit to be shown: without secrets and without control characters. */
  readonly presentable: (text: string) => string
  /** Told of each row as soon as it is known. */
  readonly onRow: (row: DoctorRow) => void
  /** Verdicts of checks that were made before, by id. */
  readonly before: ReadonlyMap<string, Verdict>
}

type CheckOf<C> = Omit<Check, 'run'> & { readonly run: (context: C, signal: AbortSignal) => Promise<readonly Finding[]> }

/**
 * Asks one question after the other. One whose needs are not met is skipped, one that takes too long or throws has failed; so this
 * always comes to an end.
 */
export async function runChecks<C>({
  checks,
  context,
  clock,
  presentable,
  onRow,
  before,
}: RunChecksDeps<C>): Promise<DoctorRow[]> {
  const verdicts = new Map(before)
  const rows: DoctorRow[] = []
  for (const check of checks) {
    const startedMs = clock.monotonicMs()
    const unmet = check.needs.find((id) => verdicts.get(id) === 'failed' || verdicts.get(id) === 'skipped')
    const findings =
      unmet === undefined
        ? await inTime(check, context, clock)
        : [skipped(`not looked at: ${nameOf(unmet, checks)} must be right first`)]
    verdicts.set(check.id, worst(findings))
    const tookMs = Math.round(clock.monotonicMs() - startedMs)
    for (const { verdict, found, remedy, subject } of findings) {
      const row: DoctorRow = {
        check: check.id,
        name: subject === undefined ? check.name : presentable(subject),
        verdict,
        found: presentable(found),
        remedy: remedy === null ? null : presentable(remedy),
        tookMs,
      }
      rows.push(row)
      onRow(row)
    }
  }
  return rows
}

async function inTime<C>(check: CheckOf<C>, context: C, clock: Clock): Promise<readonly Finding[]> {
  const over = new AbortController()
  const done = new AbortController()
  const late = clock.sleep(check.limitMs, done.signal).then(() => {
    const limitS = check.limitMs / 1000
    if (!done.signal.aborted) over.abort(new Error(`no result after ${limitS} s`))
    return [failed(`no result after ${limitS} s`, check.ifLate ?? IF_LATE)]
  })
  const asked = check.run(context, over.signal).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    return [failed(message, 'if this does not explain itself, please report it')]
  })
  const findings = await Promise.race([asked, late])
  done.abort()
  return findings
}

const IF_LATE = 'try again; if it stays so, something hangs: dmesg, and journalctl -u aitbc-miner'

/** The verdict that others depend on. */
function worst(findings: readonly Finding[]): Verdict {
  for (const verdict of ['failed', 'skipped', 'warning'] as const) {
    if (findings.some((finding) => finding.verdict === verdict)) return verdict
  }
  return 'good'
}

function nameOf(id: string, checks: readonly { readonly id: string; readonly name: string }[]): string {
  return checks.find((check) => check.id === id)?.name ?? 'the configuration'
}
