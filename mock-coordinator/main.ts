import { existsSync } from 'node:fs'
import { CRASH_VARIABLE, crashAt } from '../src/platform/crash-at.ts'
import { makeKeys, readKeysFile } from './auth/issued-keys.ts'
import type { IssuedKey } from './auth/key-ring.ts'
import { HELP, parseCommandLine } from './command-line.ts'
import type { CommandLine } from './command-line.ts'
import { CRASH_POINTS } from './crash-points.ts'
import { describeStartFailure } from './describe-start-failure.ts'
import { readPlanFile } from './faults/read-plan-file.ts'
import { startCoordinator } from './server.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  let options: CommandLine
  try {
    options = parseCommandLine(args)
  } catch (error) {
    process.stderr.write(`coordinator: ${messageOf(error)}\nSee --help.\n`)
    return 2
  }
  if (options.wantsHelp) {
    process.stdout.write(HELP)
    return 0
  }
  try {
    await serve(options)
    return 0
  } catch (error) {
    process.stderr.write(`coordinator: cannot start: ${describeStartFailure(error, options)}\n`)
    return 1
  }
}

async function serve(options: CommandLine): Promise<void> {
  const keys = issueKeys(options)
  const coordinator = await startCoordinator({
    host: options.host,
    port: options.port,
    dbPath: options.dbPath ?? ':memory:',
    isStrict: options.isStrict,
    keys: keys.issued,
    leaseS: options.leaseS,
    maxAttempts: options.maxAttempts,
    crashPoint: crashAt(CRASH_POINTS, process.env[CRASH_VARIABLE]),
    faults: options.faultsPath === null ? null : readPlanFile(options.faultsPath),
    log: (line) => {
      if (!options.isQuiet || line.startsWith('error ')) log(line)
    },
  })
  for (const key of keys.shown) process.stdout.write(`${key.role} key: ${key.key}\n`)
  const faults =
    options.faultsPath === null ? '' : `, faults of ${options.faultsPath} with seed ${coordinator.faults.report().seed}`
  const mode = options.isStrict ? 'issued keys only' : 'any key is taken'
  process.stdout.write(
    `coordinator listening on ${coordinator.url} (${mode}, ${options.dbPath ?? 'in memory'}${faults}); docs at ${coordinator.url}/docs\n`,
  )
  const signal = await nextSignal()
  await coordinator.close()
  log(`coordinator stopped by ${signal}`)
}

/** The keys to store, and those among them to show. A database that exists has its keys already. */
function issueKeys(options: CommandLine): { readonly issued: readonly IssuedKey[]; readonly shown: readonly IssuedKey[] } {
  if (!options.isStrict) return { issued: [], shown: [] }
  if (options.keysPath !== null) return { issued: readKeysFile(options.keysPath), shown: [] }
  if (options.dbPath !== null && existsSync(options.dbPath)) return { issued: [], shown: [] }
  const issued = makeKeys()
  return { issued, shown: issued }
}

function log(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`)
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
