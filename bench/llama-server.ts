import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { LlamaPeer, LlamaWork } from './llama-peer.ts'

const START_LIMIT_MS = 60_000
const AnswerSchema = z.object({ tokens_predicted: z.number() })

/** A real `llama-server` with a place for each of eight requests. */
export class LlamaServer implements LlamaPeer {
  readonly name: string
  readonly #process: ChildProcess
  readonly #url: string
  readonly #endWithUs: () => void

  private constructor(name: string, process_: ChildProcess, url: string) {
    this.name = name
    this.#process = process_
    this.#url = url
    this.#endWithUs = () => process_.kill('SIGKILL')
    process.on('exit', this.#endWithUs)
  }

  /** Starts the command (words with spaces between them) on a free port of the loopback; `modelPath` as that command sees it. */
  static async start(command: string, modelPath: string, threads: number, places: number): Promise<LlamaServer> {
    const port = await freePort()
    const [program = '', ...words] = command.split(' ')
    const options = ['-t', threads, '-np', places, '-c', places * 512, '--host', '127.0.0.1', '--port', port].map(String)
    const child = spawn(program, [...words, '-m', modelPath, ...options], { stdio: 'ignore' })
    const server = new LlamaServer(`llama-server -t ${threads} -np ${places}`, child, `http://127.0.0.1:${port}`)
    try {
      await server.#ready()
      return server
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  async generate({ prompt, maxTokens }: LlamaWork): Promise<number> {
    const body = JSON.stringify({ prompt, n_predict: maxTokens, temperature: 0, ignore_eos: true, cache_prompt: false })
    const response = await fetch(`${this.#url}/completion`, { method: 'POST', body })
    return AnswerSchema.parse(await response.json()).tokens_predicted
  }

  async stop(): Promise<void> {
    process.off('exit', this.#endWithUs)
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.#process.kill('SIGKILL')
    await once(this.#process, 'exit')
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + START_LIMIT_MS
    while (performance.now() < deadline) {
      if (this.#process.exitCode !== null) throw new Error(`llama-server ended with code ${this.#process.exitCode}`)
      const isUp = await fetch(`${this.#url}/health`).then(
        ({ ok }) => ok,
        () => false,
      )
      if (isUp) return
      await sleep(100)
    }
    throw new Error(`llama-server was not ready within ${START_LIMIT_MS / 1000} s`)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
