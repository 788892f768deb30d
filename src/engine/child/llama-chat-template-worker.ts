/** The thread of `ChatTemplates`: takes `{source, values}`, answers `{text}` or `{error}`. */
import { parentPort } from 'node:worker_threads'
import { Template } from '@huggingface/jinja'
import { z } from 'zod'

const requestSchema = z.object({ source: z.string(), values: z.record(z.string(), z.unknown()) })

parentPort?.on('message', (message: unknown) => {
  const { source, values } = requestSchema.parse(message)
  parentPort?.postMessage(answer(source, values), [])
})

function answer(source: string, values: Record<string, unknown>): { readonly text: string } | { readonly error: string } {
  try {
    return { text: new Template(source).render(values) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
