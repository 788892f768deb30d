import type { z } from 'zod'
import { MinersSchema, StatsSchema } from './admin.ts'
import { CapabilitiesSchema } from './capabilities.ts'
import { JobSubmissionSchema, JobViewSchema, JobsPageSchema } from './client-jobs.ts'
import { ErrorBodySchema } from './errors.ts'
import { FailAnswerSchema, FailSchema } from './fail.ts'
import { HealthSchema } from './health.ts'
import { HeartbeatAnswerSchema, HeartbeatSchema } from './heartbeat.ts'
import { JobEventsAnswerSchema, JobEventsSchema } from './job-events.ts'
import { JobLimitsSchema, JobSchema, ModelRefSchema, RewardSchema } from './job.ts'
import { NextAnswerSchema, NoJobSchema } from './next.ts'
import { MetricsSchema } from './metrics.ts'
import { JobIdSchema, MoneySchema, Sha256Schema, UtcTimeSchema } from './primitives.ts'
import { ProofSchema, ReceiptSchema } from './proof.ts'
import { RegisterAnswerSchema } from './register.ts'
import { BalanceSchema, LedgerPageSchema } from './wallet.ts'

type NamedSchemas = Readonly<Record<string, z.ZodType>>

/** The named bodies of the miner's calls, in the OpenAPI document. */
export const MinerSchemas: NamedSchemas = {
  MinerCapabilities: CapabilitiesSchema,
  RegisterAnswer: RegisterAnswerSchema,
  Heartbeat: HeartbeatSchema,
  HeartbeatAnswer: HeartbeatAnswerSchema,
  Job: JobSchema,
  NoJob: NoJobSchema,
  NextAnswer: NextAnswerSchema,
  Proof: ProofSchema,
  Receipt: ReceiptSchema,
  Fail: FailSchema,
  FailAnswer: FailAnswerSchema,
  JobEvents: JobEventsSchema,
  JobEventsAnswer: JobEventsAnswerSchema,
}

/** The named bodies of the client's and the wallet's calls. */
export const ClientSchemas: NamedSchemas = {
  JobSubmission: JobSubmissionSchema,
  JobView: JobViewSchema,
  JobsPage: JobsPageSchema,
  Balance: BalanceSchema,
  LedgerPage: LedgerPageSchema,
}

/** The named bodies of the admin's calls, and those that all have in common. */
export const AdminSchemas: NamedSchemas = {
  Stats: StatsSchema,
  Miners: MinersSchema,
  Health: HealthSchema,
  ErrorBody: ErrorBodySchema,
}

/** What many bodies share, so that the document says it once. */
export const PartSchemas: NamedSchemas = {
  JobId: JobIdSchema,
  Metrics: MetricsSchema,
  ModelRef: ModelRefSchema,
  JobLimits: JobLimitsSchema,
  Reward: RewardSchema,
  Money: MoneySchema,
  Sha256: Sha256Schema,
  UtcTime: UtcTimeSchema,
}
