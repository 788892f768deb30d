import type { Endpoint } from '../../src/protocol/endpoints.ts'
import { FaultPlanSchema } from './fault-plan.ts'
import { FaultReportSchema } from './fault-report.ts'

/** Calls that no other coordinator has: what goes wrong on purpose, and how often it did. */
export const FAULT_ENDPOINTS = {
  faults: {
    method: 'get',
    path: '/v1/admin/faults',
    summary: 'The fault plan in force, with counts of what was injected',
    roles: ['admin'],
    isMockOnly: true,
    answers: { 200: { description: 'The plan and its counts; without rules when none is in force', schema: FaultReportSchema } },
    errors: [],
  },
  putFaults: {
    method: 'put',
    path: '/v1/admin/faults',
    summary: 'Put a fault plan in force in the place of the former one; counts start anew',
    roles: ['admin'],
    isMockOnly: true,
    body: FaultPlanSchema,
    answers: { 200: { description: 'In force', schema: FaultReportSchema } },
    errors: [],
  },
  endFaults: {
    method: 'delete',
    path: '/v1/admin/faults',
    summary: 'No more faults; answers with the last counts',
    roles: ['admin'],
    isMockOnly: true,
    answers: { 200: { description: 'Ended', schema: FaultReportSchema } },
    errors: [],
  },
} as const satisfies Record<string, Endpoint>

/** Their bodies, by their names in the OpenAPI document. */
export const FAULT_SCHEMAS = { FaultPlan: FaultPlanSchema, FaultReport: FaultReportSchema }
