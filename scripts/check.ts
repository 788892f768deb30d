/** `npm run check`: everything that must hold before a change lands. Each failure names the command that mends it. */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

interface Step {
  readonly name: string
  readonly command: readonly string[]
  readonly mend: string
}

const STEPS: readonly Step[] = [
  { name: 'types', command: ['tsc', '--noEmit'], mend: 'mend the types above; `npx tsc --noEmit` shows them again' },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'], mend: 'npm run lint:fix, then mend what is left' },
  { name: 'format', command: ['oxfmt', '--check', '.'], mend: 'npm run format' },
  {
    name: 'boundaries',
    command: ['node', 'scripts/check-boundaries.ts'],
    mend: 'move the import to where .dependency-cruiser.mjs allows it; `npm run boundaries` shows them again',
  },
  { name: 'dead code', command: ['knip'], mend: 'delete what is listed; `npx knip` shows it again' },
  { name: 'lock file', command: ['node', 'scripts/complete-lock.ts', '--check'], mend: 'npm run lock' },
  {
    name: 'supply chain',
    command: ['node', 'scripts/check-supply-chain.ts'],
    mend: 'npm run lock for hashes; for a new install script see "Changing a dependency" in CONTRIBUTING.md',
  },
  {
    name: 'licences',
    command: ['node', 'scripts/write-licences.ts', '--check'],
    mend: 'npm run licences; for a part that may not be shipped see "Changing a dependency" in CONTRIBUTING.md',
  },
  { name: 'OpenAPI document', command: ['node', 'scripts/write-openapi.ts', '--check'], mend: 'npm run openapi' },
  { name: 'configuration docs', command: ['node', 'scripts/write-config-docs.ts', '--check'], mend: 'npm run config-docs' },
  { name: 'manual pages', command: ['node', 'scripts/write-man-pages.ts', '--check'], mend: 'npm run man-pages' },
  {
    name: 'tests',
    command: ['vitest', 'run'],
    mend: 'mend the code, or the test if it is wrong; `npx vitest run FILE` runs one file',
  },
]

const { values } = parseArgs({ options: { 'no-tests': { type: 'boolean', default: false } } })
const failed: Step[] = []
for (const step of STEPS.filter(({ name }) => !(values['no-tests'] && name === 'tests'))) {
  process.stdout.write(`\n── ${step.name}: ${step.command.join(' ')}\n`)
  const [program = '', ...args] = step.command
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' })
  if (status === 0) continue
  if (error !== undefined) process.stdout.write(`${error.message}\n`)
  failed.push(step)
}
process.stdout.write('\n')
for (const step of failed) process.stdout.write(`✗ ${step.name}: to mend it: ${step.mend}\n`)
if (failed.length === 0) process.stdout.write('✓ all checks passed\n')
process.exitCode = failed.length === 0 ? 0 : 1
