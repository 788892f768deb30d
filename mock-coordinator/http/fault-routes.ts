import type { Express } from 'express'
import { authenticate, authorize } from '../auth/authenticate.ts'
import { FAULT_ENDPOINTS } from '../faults/fault-endpoints.ts'
import { FaultPlanSchema } from '../faults/fault-plan.ts'
import { validate } from '../validate.ts'
import type { Context } from './context.ts'
import { getRoute } from './json-route.ts'
import { parseJson, readBody } from './read-body.ts'
import { sendJson } from './respond.ts'

/** The fault plan for an admin to see, replace and end. No fault strikes these calls. */
export function addFaultRoutes(app: Express, context: Context): void {
  const { faults, keys, settings } = context
  const { path } = FAULT_ENDPOINTS.faults

  app.get(
    path,
    getRoute(context, ['admin'], () => faults.report()),
  )
  app.put(path, async (request, response) => {
    authorize(authenticate(request, keys), ['admin'])
    faults.put(validate(FaultPlanSchema, parseJson(await readBody(request, settings.maxJsonBytes))))
    sendJson(response, 200, faults.report())
  })
  app.delete(path, (request, response) => {
    authorize(authenticate(request, keys), ['admin'])
    const last = faults.report()
    faults.clear()
    sendJson(response, 200, last)
  })
}
