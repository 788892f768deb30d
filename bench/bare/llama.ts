/**
 * node-llama-cpp called directly at its best settings for a small model: one libuv worker (set by the caller's
 * UV_THREADPOOL_SIZE), one compute thread, no thread budget shared between contexts, greedy. Generates the given number
 * of times after one warm-up and prints what each took, as JSON lines.
 */
import { getLlama } from 'node-llama-cpp'
import type { Token } from 'node-llama-cpp'

const [modelPath = '', prompt = '', maxTokens = '', generations = ''] = process.argv.slice(2)

const llama = await getLlama({ build: 'never', gpu: false, maxThreads: 0 })
const model = await llama.loadModel({ modelPath })
const context = await model.createContext({ contextSize: 512, threads: 1 })
const sequence = context.getSequence()
const { bos } = model.tokens
if (bos === null) throw new Error('the model has no BOS token')

for (let generation = 0; generation <= Number(generations); generation += 1) {
  await sequence.clearHistory()
  const startedMs = performance.now()
  const tokens: Token[] = []
  for await (const token of sequence.evaluate([bos, ...model.tokenize(prompt, true)], { temperature: 0 })) {
    tokens.push(token)
    if (tokens.length === Number(maxTokens)) break
  }
  const text = model.detokenize(tokens)
  const ms = performance.now() - startedMs
  if (generation > 0) process.stdout.write(`${JSON.stringify({ tokens: tokens.length, ms, text: text.length })}\n`)
}
await llama.dispose()
