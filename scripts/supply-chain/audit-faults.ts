import { z } from 'zod'
import type { Advisory } from './npm-audit.ts'

/** Advisories that were looked at and do not concern us, each for a limited time. */
export const AuditExceptionsSchema = z.array(
  z.strictObject({
    packageName: z.string(),
    /** The advisory's id. */
    advisory: z.string().regex(/^GHSA(-[0-9a-z]{4}){3}$/),
    /** Why it does not strike us, so that the next one can tell whether that still holds. */
    reason: z.string().min(20),
    /** The day from which on it must be looked at again. */
    expires: z.iso.date(),
  }),
)

export type AuditException = z.infer<typeof AuditExceptionsSchema>[number]

/**
 * What must be done about these advisories, a sentence each; none when each has an exception that has not expired, and each exception
 * its advisory. `today` is YYYY-MM-DD.
 */
export function auditFaults(
  advisories: readonly Advisory[],
  exceptions: readonly AuditException[],
  today: string,
): readonly string[] {
  const open = advisories.flatMap((advisory) => {
    const exception = exceptions.find((entry) => isFor(entry, advisory))
    if (exception !== undefined && today < exception.expires) return []
    const { packageName, range, severity, title, url } = advisory
    const expired = exception === undefined ? '' : `; its exception expired on ${exception.expires}`
    return [`${packageName} ${range} (${severity}): ${title}, ${url}${expired}`]
  })
  const stale = exceptions
    .filter((exception) => !advisories.some((advisory) => isFor(exception, advisory)))
    .map(({ packageName, advisory }) => `the exception for ${packageName}, ${advisory}, is for nothing any more: take it out`)
  return [...open, ...stale]
}

function isFor(exception: AuditException, { packageName, url }: Advisory): boolean {
  return exception.packageName === packageName && url.endsWith(`/${exception.advisory}`)
}
