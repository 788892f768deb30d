/** A client of the coordinator on this machine, for the scenarios: `client.ts COMMAND ARGUMENT...` prints the answer in plain words. */
import { z } from 'zod'
import { LedgerPageSchema } from '../../../src/protocol/wallet.ts'
import { Client } from '../../local-chain/client.ts'

const COORDINATOR = 'http://127.0.0.1:8080'
const KEY = 'client-of-the-tests'

const SubmissionSchema = z.object({ workload: z.string(), params: z.record(z.string(), z.unknown()) }).loose()

const client = new Client(COORDINATOR, KEY)

/** Each command with the text that it prints. */
const COMMANDS: Readonly<Record<string, (...words: string[]) => Promise<string>>> = {
  health: async () => await (await fetch(`${COORDINATOR}/health`)).text(),
  submit: async (json = '') => (await client.submit(SubmissionSchema.parse(JSON.parse(json)))).id,
  state: async (id = '') => (await client.view(id)).state,
  error: async (id = '') => (await client.view(id)).error?.code ?? 'none',
  attempt: async (id = '') => String((await client.view(id)).attempt ?? 'none'),
  receipt: async (id = '') => {
    const { receipt } = await client.view(id)
    return receipt === null || receipt === undefined ? 'none' : `${receipt.status} ${receipt.output_sha}`
  },
  output: async (id = '') => (await client.output(id)).toString(),
  cancel: async (id = '') => (await client.cancel(id)).state,
  balance: async (wallet = '') => (await client.balance(wallet)).balance,
  payments: async (id = '', wallet = '') => String((await ledger(wallet)).filter((jobId) => jobId === id).length),
}

/** The jobs that the wallet was credited for, once for each time. */
async function ledger(wallet: string): Promise<(string | null)[]> {
  const response = await fetch(`${COORDINATOR}/v1/wallet/ledger?limit=100&wallet=${encodeURIComponent(wallet)}`, {
    headers: { authorization: `Bearer ${KEY}` },
  })
  if (!response.ok) throw new Error(`the ledger of ${wallet}: HTTP ${response.status} ${await response.text()}`)
  return LedgerPageSchema.parse(await response.json()).entries.map((entry) => entry.job_id)
}

const [name = '', ...words] = process.argv.slice(2)
const command = COMMANDS[name]
if (command === undefined) throw new Error(`no command ${name}: use one of ${Object.keys(COMMANDS).join(', ')}`)
process.stdout.write(`${await command(...words)}\n`)
