/**
 * `npm run audit`: asks the registry for known faults of every package in package-lock.json. Ends with 0 when there are none but those
 * of packaging/npm/audit-exceptions.json, with 1 when there is something to do, and with 2 when the registry did not answer.
 *
 * Not a part of `npm run check`: its answer changes without a change of ours, and mirrors of the registry that serve packages alone
 * do not give one.
 */
import { readFileSync } from 'node:fs'
import { AuditExceptionsSchema, auditFaults } from './supply-chain/audit-faults.ts'
import { askNpmAudit } from './supply-chain/npm-audit.ts'

const EXCEPTIONS = 'packaging/npm/audit-exceptions.json'

const exceptions = AuditExceptionsSchema.parse(JSON.parse(readFileSync(EXCEPTIONS, 'utf8')))
const answer = await askNpmAudit('.', process.env)
if (answer.kind === 'unanswered') {
  process.stderr.write(
    `not audited: the registry gave no answer (${answer.reason}). Try again with the network up and the registry of npm itself:\n` +
      '  npm_config_registry=https://registry.npmjs.org/ npm run audit\n',
  )
  process.exitCode = 2
} else {
  const faults = auditFaults(answer.advisories, exceptions, new Date().toISOString().slice(0, 10))
  for (const fault of faults) process.stdout.write(`${fault}\n`)
  process.stdout.write(`${answer.advisories.length} advisories, ${exceptions.length} exceptions, ${faults.length} to act on\n`)
  if (faults.length > 0)
    process.stdout.write(`Update the package, or enter the advisory in ${EXCEPTIONS} with reason and date.\n`)
  process.exitCode = faults.length > 0 ? 1 : 0
}
