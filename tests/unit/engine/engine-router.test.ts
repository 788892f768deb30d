import { describe, expect, it } from 'vitest'
import type { Engine, RunRequest, RunResult } from '../../../src/domain/engine.ts'
import { EngineRouter } from '../../../src/engine/engine-router.ts'
import { coreJob } from '../../support/sample-jobs.ts'

class NamedEngine implements Engine {
  readonly #name: string
  workloads: readonly string[]
  isStopped = false

  constructor(name: string, workloads: readonly string[]) {
    this.#name = name
    this.workloads = workloads
  }

  async run(): Promise<RunResult> {
    throw new Error(`ran on ${this.#name}`)
  }

  status() {
    return [
      {
        engine: this.#name,
        device: null,
        state: 'ready' as const,
        pid: null,
        activeRuns: 0,
        restarts: 0,
        rssMb: null,
        sandbox: null,
        version: null,
        backend: null,
      },
    ]
  }

  async stop(): Promise<void> {
    this.isStopped = true
  }
}

function requestFor(workload: string): RunRequest {
  const limits = { maxRuntimeS: 1, ramMb: null, vramMb: null, maxOutputBytes: 1 }
  return { job: coreJob('j', { workload }), workDir: '/', limits, signal: new AbortController().signal, onProgress: () => {} }
}

describe('EngineRouter', () => {
  const server = new NamedEngine('server', ['llm_gen'])
  const here = new NamedEngine('here', ['llm_gen', 'torch_bench'])
  const router = new EngineRouter(new Map([['llm_gen', server]]), here)

  it('sends the jobs of a workload to its own engine, whether that offers it at the moment or not', async () => {
    await expect(router.run(requestFor('llm_gen'))).rejects.toThrow('ran on server')
    server.workloads = []
    await expect(router.run(requestFor('llm_gen'))).rejects.toThrow('ran on server')
    server.workloads = ['llm_gen']
  })

  it('sends all others to the rest, which refuses what it does not have', async () => {
    await expect(router.run(requestFor('torch_bench'))).rejects.toThrow('ran on here')
    await expect(router.run(requestFor('unheard_of'))).rejects.toThrow('ran on here')
  })

  it('offers a routed workload while its own engine does', () => {
    expect(router.workloads).toEqual(['llm_gen', 'torch_bench'])
    server.workloads = []
    expect(router.workloads).toEqual(['torch_bench'])
  })

  it('shows and stops them all', async () => {
    expect(router.status().map(({ engine }) => engine)).toEqual(['server', 'here'])
    await router.stop()
    expect([server.isStopped, here.isStopped]).toEqual([true, true])
  })
})
