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
  const router = new EngineRouter([server, here])

  it('sends a job to the first engine that has its workload', async () => {
    await expect(router.run(requestFor('llm_gen'))).rejects.toThrow('ran on server')
    await expect(router.run(requestFor('torch_bench'))).rejects.toThrow('ran on here')
  })

  it('leaves it to the last to refuse what none has', async () => {
    await expect(router.run(requestFor('unheard_of'))).rejects.toThrow('ran on here')
  })

  it('offers what one of them offers at the moment', () => {
    expect(router.workloads).toEqual(['llm_gen', 'torch_bench'])
    here.workloads = ['torch_bench']
    server.workloads = []
    expect(router.workloads).toEqual(['torch_bench'])
  })

  it('shows and stops them all', async () => {
    expect(router.status().map(({ engine }) => engine)).toEqual(['server', 'here'])
    await router.stop()
    expect([server.isStopped, here.isStopped]).toEqual([true, true])
  })
})
