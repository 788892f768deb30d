import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { FaultPlanSchema } from './fault-plan.ts'
import type { FaultPlan } from './fault-plan.ts'

/** Reads a fault plan; throws an Error that names every problem of the file, each with its place in it. */
export function readPlanFile(path: string): FaultPlan {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`cannot read the fault plan ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
  const plan = FaultPlanSchema.safeParse(json)
  if (plan.success) return plan.data
  const problems = plan.error.issues.map((issue) => `\n  ${placeOf(issue)}: ${issue.message}`)
  throw new Error(`the fault plan ${path} does not fit (see docs/faults.md):${problems.join('')}`)
}

/** As one would write it in JavaScript: `rules[2].on`. */
function placeOf({ path }: z.core.$ZodIssue): string {
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  return place === '' ? '(file)' : place.replace(/^\./, '')
}
