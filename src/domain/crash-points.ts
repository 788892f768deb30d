/**
 * Every point at which the death of the daemon leaves another state behind, in the order of a job's way. Tests have a real
 * process killed at each and check what the next one makes of it (docs/reliability.md).
 *
 * Those of the journal:
 *
 * | point | what stands after a crash there | what the next start makes of it |
 * | --- | --- | --- |
 * | `X:before-commit` | the state before X | as if X had not been called |
 * | `X:after-commit` | the state after X | as if X had returned |
 * | `outcome:after-file` | the output file in the journal's keeping, no row for it | the file is removed, the job runs again |
 * | `settle:after-commit` | a settled entry, its output file still there | the file is removed |
 */
export const JOURNAL_CRASH_POINTS = [
  'migrate:before-commit',
  'migrate:after-commit',
  'reconcile:before-commit',
  'reconcile:after-commit',
  'accept:before-commit',
  'accept:after-commit',
  'running:before-commit',
  'running:after-commit',
  'outcome:after-file',
  'outcome:before-commit',
  'outcome:after-commit',
  'renew:before-commit',
  'renew:after-commit',
  'clock:before-commit',
  'clock:after-commit',
  'postpone:before-commit',
  'postpone:after-commit',
  'settle:before-commit',
  'settle:after-commit',
  'recover:before-commit',
  'recover:after-commit',
  'check:before-commit',
  'check:after-commit',
  'prune:before-commit',
  'prune:after-commit',
] as const

/**
 * Those between the journal and the rest of the world:
 *
 * | point | what stands after a crash there | what comes of it |
 * | --- | --- | --- |
 * | `poll:answered` | a lease with the coordinator, nothing here | the lease runs out, the job is offered again |
 * | `heartbeat:answered` | leases renewed, cancels told once, nothing of it noted here | the next heartbeat brings both again |
 * | `run:prepared` | an entry that is running, an empty work directory | the directory is removed, the job runs again |
 * | `run:ended` | the output in the work directory or nowhere | the directory is removed, the job runs again |
 * | `deliver:synced` | an outcome on the disk, not sent | it is sent |
 * | `deliver:uploaded` | the output with the coordinator, the proof not sent | both are sent again |
 * | `deliver:answered` | the outcome taken and paid, the row still here | the same request with the same key, the first answer again |
 */
export const WORKER_CRASH_POINTS = [
  'poll:answered',
  'heartbeat:answered',
  'run:prepared',
  'run:ended',
  'deliver:synced',
  'deliver:uploaded',
  'deliver:answered',
] as const

/** All of the daemon. */
export const CRASH_POINTS = [...JOURNAL_CRASH_POINTS, ...WORKER_CRASH_POINTS] as const

export type JournalCrashPoint = (typeof JOURNAL_CRASH_POINTS)[number]
export type CrashPoint = (typeof CRASH_POINTS)[number]

/** Called at each point with its name; outside of tests it does nothing. */
export type CrashPointHook = (name: CrashPoint) => void

/** The journal's writing operations, each one transaction. */
export type JournalOperation =
  Extract<JournalCrashPoint, `${string}:before-commit`> extends `${infer Name}:before-commit` ? Name : never
