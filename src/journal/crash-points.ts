/**
 * Every point at which the death of the daemon leaves another state behind. At each one a test kills a real process
 * and checks what the next finds.
 *
 * | point | what stands after a crash there | what the next start makes of it |
 * | --- | --- | --- |
 * | `X:before-commit` | the state before X | as if X had not been called |
 * | `X:after-commit` | the state after X | as if X had returned |
 * | `outcome:after-file` | the output file in the journal's keeping, no row for it | the file is removed, the job runs again |
 * | `settle:after-commit` | a settled entry, its output file still there | the file is removed |
 */
export const CRASH_POINTS = [
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

export type CrashPoint = (typeof CRASH_POINTS)[number]

/** The writing operations, each one transaction. */
export type JournalOperation = Extract<CrashPoint, `${string}:before-commit`> extends `${infer Name}:before-commit` ? Name : never
