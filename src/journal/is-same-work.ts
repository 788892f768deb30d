import { isDeepStrictEqual } from 'node:util'
import type { Job } from '../domain/job.ts'

/** True when a job offered now asks for what a stored one asked for. Limits, reward and lease are terms of the work, not the work. */
export function isSameWork(stored: Job, offered: Job): boolean {
  return isDeepStrictEqual(workOf(stored), workOf(offered))
}

/** By way of JSON, as the stored job went: what has no JSON form is gone from both. */
function workOf({ workload, params, model, inputs }: Job): unknown {
  return JSON.parse(JSON.stringify({ workload, params: params ?? null, model, inputs }))
}
