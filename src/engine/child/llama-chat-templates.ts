import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'

/** What a template may take; real ones take milliseconds. */
const LIMIT_MS = 5000
const LIMIT_MB = 256
/** Longest text that a template may make of a conversation. */
const MAX_TEXT = 32_000_000

const answerSchema = z.union([z.object({ text: z.string() }), z.object({ error: z.string() })])

/** What is wrong with a template, or with the conversation that it was given. */
export class ChatTemplateError extends Error {
  override readonly name = 'ChatTemplateError'
}

/**
 * Renders chat templates. They come with a model and are programs, with loops, so they run in a thread of their own that can be
 * ended: a template without end costs its own job alone. The thread stays for the next one.
 */
export class ChatTemplates {
  #worker: Worker | null = null
  #last: Promise<unknown> = Promise.resolve()

  /** Rejects with a `ChatTemplateError` for a template that fails, or takes too long or too much. */
  async render(source: string, values: Readonly<Record<string, unknown>>): Promise<string> {
    const turn = this.#last.then(() => this.#render(source, values))
    this.#last = turn.catch(() => {})
    return turn
  }

  async #render(source: string, values: Readonly<Record<string, unknown>>): Promise<string> {
    const worker = (this.#worker ??= startWorker())
    worker.ref()
    try {
      const answer = answerSchema.parse(await this.#answer(worker, { source, values }))
      if ('error' in answer) throw new ChatTemplateError(answer.error)
      if (answer.text.length > MAX_TEXT) throw new ChatTemplateError(`it makes a text of ${answer.text.length} characters`)
      return answer.text
    } finally {
      worker.unref()
    }
  }

  async #answer(worker: Worker, request: unknown): Promise<unknown> {
    const settled = new AbortController()
    try {
      return await new Promise((resolve, reject) => {
        const giveUp = (reason: string): void => {
          this.#worker = null
          void worker.terminate()
          reject(new ChatTemplateError(reason))
        }
        const timer = setTimeout(() => giveUp(`it does not come to an end within ${LIMIT_MS / 1000} s`), LIMIT_MS)
        const onMessage = (message: unknown): void => resolve(message)
        const onError = (error: unknown): void => giveUp(error instanceof Error ? error.message : String(error))
        worker.on('message', onMessage).on('error', onError)
        settled.signal.addEventListener('abort', () => {
          clearTimeout(timer)
          worker.off('message', onMessage).off('error', onError)
          // The thread is gone already, or will be: nobody is left to tell.
          if (this.#worker !== worker) worker.on('error', () => {})
        })
        worker.postMessage(request, [])
      })
    } finally {
      settled.abort()
    }
  }
}

function startWorker(): Worker {
  const entry = new URL(`llama-chat-template-worker${extname(import.meta.url)}`, import.meta.url)
  return new Worker(entry, { env: {}, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: LIMIT_MB } })
}
