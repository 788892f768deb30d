/**
 * Runs dependency-cruiser over the sources and makes sure that it read them all: without a parser that understands
 * the sources it reads none, and then finds nothing wrong.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { z } from 'zod'

const FOLDERS = ['src', 'mock-coordinator']

const ReportSchema = z.object({
  modules: z.array(z.object({ source: z.string() })),
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
})

const run = spawnSync('depcruise', ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...FOLDERS], {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
})
if (run.error !== undefined) throw run.error
const report = ReportSchema.parse(JSON.parse(run.stdout))
const expected = FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.ts`)).filter((file) => !file.endsWith('.d.ts'))
const read = new Set(report.modules.map((module) => module.source))
const unread = expected.filter((file) => !read.has(file))

for (const { from, to, rule } of report.summary.violations) process.stdout.write(`${from} → ${to}: ${rule.name}\n`)
for (const file of unread) process.stdout.write(`${file}: not read by dependency-cruiser\n`)
process.stdout.write(`${expected.length} modules read, ${report.summary.violations.length} violations\n`)
process.exitCode = report.summary.violations.length + unread.length > 0 || expected.length === 0 ? 1 : 0
