/**
 * node-llama-cpp called directly, `llama.ts MODEL THREADS SEQUENCES`: what stands in for llama-server where there is none. For
 * each line of JSON `{"id", "prompt", "maxTokens"}` it generates greedily, all that are there together, and prints `{"id",
 * "tokens"}`. The caller sets UV_THREADPOOL_SIZE=1: each libuv worker would bring compute threads of its own.
 */
import { createInterface } from 'node:readline'
import { getLlama } from 'node-llama-cpp'
import { z } from 'zod'

const RequestSchema = z.object({ id: z.number(), prompt: z.string(), maxTokens: z.number() })

const [modelPath = '', threads = '1', sequences = '1'] = process.argv.slice(2)
const llama = await getLlama({ build: 'never', gpu: false, maxThreads: 0 })
const model = await llama.loadModel({ modelPath })
const context = await model.createContext({ contextSize: 512, sequences: Number(sequences), threads: Number(threads) })
const idle = Array.from({ length: Number(sequences) }, () => context.getSequence())
process.stdout.write('ready\n')

for await (const line of createInterface({ input: process.stdin })) void generate(RequestSchema.parse(JSON.parse(line)))
await llama.dispose()

async function generate({ id, prompt, maxTokens }: z.infer<typeof RequestSchema>): Promise<void> {
  const sequence = idle.pop()
  const { bos } = model.tokens
  if (sequence === undefined || bos === null) throw new Error('no sequence is idle, or the model has no BOS token')
  let tokens = 0
  for await (const _token of sequence.evaluate([bos, ...model.tokenize(prompt, true)], { temperature: 0 })) {
    tokens += 1
    if (tokens === maxTokens) break
  }
  await sequence.clearHistory()
  idle.push(sequence)
  process.stdout.write(`${JSON.stringify({ id, tokens })}\n`)
}
