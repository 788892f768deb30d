import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { LlamaPeer, LlamaWork } from './llama-peer.ts'

const AnswerSchema = z.object({ id: z.number(), tokens: z.number() })

/** node-llama-cpp without the miner, in a process of its own. */
export class BareLlama implements LlamaPeer {
  readonly name: string
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, (tokens: number) => void>()
  #nextId = 1

  private constructor(name: string, process_: ChildProcess) {
    this.name = name
    this.#process = process_
  }

  static async start(modelPath: string, threads: number, sequences: number): Promise<BareLlama> {
    const script = fileURLToPath(new URL('bare/llama.ts', import.meta.url))
    const child = spawn(process.execPath, [script, modelPath, String(threads), String(sequences)], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '', UV_THREADPOOL_SIZE: '1' },
    })
    const bare = new BareLlama(`node-llama-cpp directly, ${threads} threads (no llama-server here)`, child)
    const lines = createInterface({ input: child.stdout })
    const ready = once(lines, 'line')
    lines.on('line', (line) => bare.#take(line))
    await Promise.race([
      ready,
      once(child, 'exit').then(() => {
        throw new Error('node-llama-cpp ended before it was ready')
      }),
    ])
    return bare
  }

  async generate(work: LlamaWork): Promise<number> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, resolve)
      this.#process.stdin?.write(`${JSON.stringify({ id, ...work })}\n`, (error) => {
        if (error) reject(error)
      })
    })
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return
    this.#process.kill('SIGKILL')
    await once(this.#process, 'exit')
  }

  #take(line: string): void {
    if (!line.startsWith('{')) return
    const { id, tokens } = AnswerSchema.parse(JSON.parse(line))
    this.#waiting.get(id)?.(tokens)
    this.#waiting.delete(id)
  }
}
