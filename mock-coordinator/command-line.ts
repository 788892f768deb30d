import { parseArgs } from 'node:util'

/** The text of --help. */
export const HELP = `Usage: aitbc-mock-coordinator [options]    (npm run coordinator -- [options] in a checkout)

A coordinator for development and tests: it queues jobs, leases them to miners, checks their proofs and credits their
wallets, all by the coordinator API v1. Its page is at http://HOST:PORT/docs.

Options:
  --port N        port to listen on; 0 takes any free one (default 8080)
  --host ADDRESS  address to listen on (default 127.0.0.1)
  --db FILE       keep jobs, wallets and keys in this SQLite file; without it all is gone at the end
  --strict        take issued keys alone and enforce their roles; without it any key may do anything
  --keys FILE     issued keys for --strict, as JSON: [{"key": "...", "role": "miner|client|admin", "wallet": "...", "miner_id": "..."}]
                  with wallet and miner_id optional; without it one key of each role is made and shown once
  --lease-secs N  how long a miner holds a job without a heartbeat (default 60)
  --max-attempts N
                  how often a job is handed out before it fails (default 3)
  --faults FILE   do wrong on purpose what this fault plan says: JSON, {"seed": N, "rules": [...]} (docs/faults.md);
                  /v1/admin/faults shows, replaces and ends it
  --quiet         log errors alone
  --help          this text

Examples:
  aitbc-mock-coordinator --port 8080
  curl -s -H 'Authorization: Bearer demo' -H 'Content-Type: application/json' \\
    --data '{"workload":"llm_gen","params":{"prompt":"Hello"}}' http://127.0.0.1:8080/v1/jobs
  curl -s http://127.0.0.1:8080/v1/wallet/balance

Exit codes: 0 ended by a signal, 1 could not start, 2 wrong usage.
`

/** A command line as read. */
export interface CommandLine {
  readonly port: number
  readonly host: string
  readonly dbPath: string | null
  readonly isStrict: boolean
  readonly keysPath: string | null
  readonly leaseS: number
  readonly maxAttempts: number
  readonly faultsPath: string | null
  readonly isQuiet: boolean
  readonly wantsHelp: boolean
}

/** Reads the arguments; throws an Error whose message says what is wrong with which. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '8080' },
      host: { type: 'string', default: '127.0.0.1' },
      db: { type: 'string' },
      strict: { type: 'boolean', default: false },
      keys: { type: 'string' },
      'lease-secs': { type: 'string', default: '60' },
      'max-attempts': { type: 'string', default: '3' },
      faults: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.keys !== undefined && !values.strict) throw new Error('--keys is for --strict: add it, or leave --keys out')
  return {
    port: readWhole('--port', values.port, 0, 65_535),
    host: values.host,
    dbPath: values.db ?? null,
    isStrict: values.strict,
    keysPath: values.keys ?? null,
    leaseS: readWhole('--lease-secs', values['lease-secs'], 1, 86_400),
    maxAttempts: readWhole('--max-attempts', values['max-attempts'], 1, 1_000),
    faultsPath: values.faults ?? null,
    isQuiet: values.quiet,
    wantsHelp: values.help,
  }
}

function readWhole(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new Error(`${name} must be a whole number from ${min} to ${max}, not ${text}`)
  return value
}
