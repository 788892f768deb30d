import { z } from 'zod'
import { FaultRuleSchema } from './fault-rule.ts'
import type { FaultRule } from './fault-rule.ts'

/** What goes wrong, and how often; the same seed and the same calls bring the same faults. */
export const FaultPlanSchema = z.strictObject({
  /** Of the dice. Without one it is drawn, and shown in the log and the report. */
  seed: z.int().min(0).max(0xffff_ffff).optional(),
  rules: z.array(FaultRuleSchema).max(256),
})

export type FaultPlan = z.output<typeof FaultPlanSchema>

/** A rule's name in the log and the report. */
export function ruleName(rule: FaultRule, index: number): string {
  return rule.name ?? `${rule.fault}-${index + 1}`
}
