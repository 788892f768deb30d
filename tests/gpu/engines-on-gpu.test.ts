import { decode } from 'fast-png'
import { beforeAll, describe, expect, it } from 'vitest'
import type { MachineGpus } from '../../src/daemon/machine-gpus.ts'
import type { RunResult } from '../../src/domain/engine.ts'
import { enginePool, failureOf, outputOf, runRequest } from '../integration/engine/engine-fixture.ts'
import { thisGpu } from './this-gpu.ts'

// In software each token costs a second, most of it for compiling shaders.
const TEXT = { prompt: 'The capital of France is', max_tokens: 4 }
const BENCH = { size: 64, iterations: 3, seed: 7 }

const PICTURE = { prompt: 'a red circle on a white background', steps: 3, guidance_scale: 5, seed: 1 }

function pixelsOf({ output }: RunResult): number[] {
  if (output.bytes.kind !== 'memory') throw new Error('the picture is in a file')
  return [...decode(output.bytes.data).data]
}

let gpus: MachineGpus
beforeAll(async () => {
  gpus = await thisGpu()
})

describe('the engines on a GPU', () => {
  it('write the same greedy text with llama.cpp as on the CPU, all layers on the card', async () => {
    const onGpu = await enginePool({ gpus, accelMode: 'gpu', startTimeoutMs: 60_000 })
    const result = await onGpu.run(await runRequest('llm_gen', TEXT, { limits: { maxRuntimeS: 280 } }))
    expect(result.mode).toBe('gpu')
    expect(result.environment['backend']).toMatch(/^(?:vulkan|cuda)$/)
    const onCpu = await (await enginePool()).run(await runRequest('llm_gen', TEXT))
    expect(onCpu.mode).toBe('cpu')
    expect(outputOf(result)).toEqual(outputOf(onCpu))
  })

  it('give the same bits for torch_bench with ONNX Runtime as on the CPU', async () => {
    const onGpu = await enginePool({ gpus, accelMode: 'gpu', startTimeoutMs: 60_000 })
    const result = await onGpu.run(await runRequest('torch_bench', BENCH, { limits: { maxRuntimeS: 280 } }))
    expect(result).toMatchObject({ mode: 'gpu', environment: { backend: expect.stringMatching(/^(?:webgpu|cuda)$/) } })
    const onCpu = await (await enginePool()).run(await runRequest('torch_bench', BENCH))
    expect(result.output.sha256).toBe(onCpu.output.sha256)
  })

  it('draw the same picture with ONNX Runtime as on the CPU, but for rounding', async () => {
    const onGpu = await enginePool({ gpus, accelMode: 'gpu', startTimeoutMs: 60_000 })
    const result = await onGpu.run(await runRequest('sd_infer', PICTURE, { limits: { maxRuntimeS: 280 } }))
    expect(result.mode).toBe('gpu')
    const onCpu = await (await enginePool()).run(await runRequest('sd_infer', PICTURE))
    const [drawn, expected] = [pixelsOf(result), pixelsOf(onCpu)]
    expect(drawn).toHaveLength(64 * 64 * 3)
    const differences = drawn.map((value, at) => Math.abs(value - (expected[at] ?? Number.NaN)))
    expect(Math.max(...differences)).toBeLessThanOrEqual(3)
  })

  it('refuse a job whose model is larger than its limit, and go on', async () => {
    const pool = await enginePool({ gpus, accelMode: 'gpu', startTimeoutMs: 60_000 })
    const failed = failureOf(
      pool.run(await runRequest('sd_infer', { prompt: 'a red circle', steps: 1 }, { limits: { vramMb: 1 } })),
    )
    expect(await failed).toMatchObject({ code: 'E_OOM', message: expect.stringContaining('limit of 1 MiB') })
    await expect(pool.run(await runRequest('torch_bench', BENCH, { limits: { maxRuntimeS: 280 } }))).resolves.toMatchObject({
      mode: 'gpu',
    })
  })

  it('name the card in the status', async () => {
    const pool = await enginePool({ gpus, accelMode: 'gpu', startTimeoutMs: 60_000 })
    await pool.run(await runRequest('torch_bench', BENCH, { limits: { maxRuntimeS: 280 } }))
    const [gpu] = gpus.usable()
    expect(pool.status()).toEqual([expect.objectContaining({ engine: 'onnx', device: `gpu${gpu?.index}`, state: 'ready' })])
  })
})
