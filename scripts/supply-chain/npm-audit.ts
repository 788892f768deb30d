import { execFile } from 'node:child_process'
import { z } from 'zod'

/** A fault of a package that the registry knows of. */
export interface Advisory {
  /** The package whose versions have the fault. */
  readonly packageName: string
  /** Its address: it ends with the advisory's id, GHSA-… */
  readonly url: string
  readonly title: string
  readonly severity: string
  /** The versions that have it. */
  readonly range: string
}

/** What the registry said, or why it said nothing. */
export type AuditAnswer =
  | { readonly kind: 'answered'; readonly advisories: readonly Advisory[] }
  | { readonly kind: 'unanswered'; readonly reason: string }

const AdvisorySchema = z.object({
  name: z.string(),
  url: z.string(),
  title: z.string(),
  severity: z.string(),
  range: z.string(),
})
const ReportSchema = z.object({
  // The name of another package, where this one is only struck through it.
  vulnerabilities: z.record(z.string(), z.object({ via: z.array(z.union([z.string(), AdvisorySchema])) })),
})
const FailureSchema = z.object({ message: z.string().optional(), error: z.object({ summary: z.string().optional() }).optional() })

/**
 * Asks the registry that npm is set up for about every package of the lock file in `folder`, those for development too: they run on
 * our machines. Resolves to `unanswered` when the registry cannot be reached or does not answer such questions.
 */
export async function askNpmAudit(folder: string, env: NodeJS.ProcessEnv): Promise<AuditAnswer> {
  const stdout = await new Promise<string>((resolve, reject) => {
    const args = ['audit', '--json', '--package-lock-only', '--fetch-retries=0']
    execFile('npm', args, { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 }, (error, output) => {
      // It ends with 1 both for faults found and for no answer: what it wrote tells which.
      if (output === '' && error !== null) reject(new Error(`npm audit wrote no report: ${error.message}`, { cause: error }))
      else resolve(output)
    })
  })
  const json: unknown = JSON.parse(stdout)
  const report = ReportSchema.safeParse(json)
  if (!report.success) {
    const { message, error } = FailureSchema.parse(json)
    return { kind: 'unanswered', reason: message ?? error?.summary ?? stdout.trim() }
  }
  const found = Object.values(report.data.vulnerabilities)
    .flatMap(({ via }) => via)
    .filter((cause) => typeof cause !== 'string')
    .map(({ name, ...advisory }) => ({ packageName: name, ...advisory }))
  return {
    kind: 'answered',
    advisories: [...new Map(found.map((entry) => [`${entry.packageName} ${entry.url}`, entry])).values()],
  }
}
