import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { mulberry32 } from '../../../src/workloads/torch-bench/recurrence.ts'
import { enginePool, failureOf, firstProgress, outputOf, runRequest } from './engine-fixture.ts'

/** The recurrence in plain integers, apart from the program's own way of computing it. */
function checksum(size: number, iterations: number, seed: number): string {
  const next = mulberry32(seed)
  const fill = (length: number, bits: number): number[] => Array.from({ length }, () => next() >>> (32 - bits))
  let x = fill(size * size, 6)
  const b = fill(size * size, 6)
  const c = fill(size, 12)
  for (let step = 0; step < iterations; step++) {
    x = x.map((_, at) => {
      const row = Math.floor(at / size)
      const column = at % size
      let sum = BigInt(c[column] ?? 0)
      for (let k = 0; k < size; k++) sum += BigInt((x[row * size + k] ?? 0) * (b[k * size + column] ?? 0))
      return Number((sum >> 6n) & 63n)
    })
  }
  return createHash('sha256').update(Uint8Array.from(x)).digest('hex')
}

describe('torch_bench', () => {
  it.each([1, 2])('gives the checksum of the integer recurrence with %i threads', async (threads) => {
    const pool = await enginePool({ threads })
    for (const [size, iterations, seed] of [
      [1, 1, 0],
      [1, 5, 4_294_967_295],
      [2, 3, 1],
      [17, 4, 2],
      [64, 2, 3],
      [97, 2, 4],
    ] as const) {
      const output = outputOf(await pool.run(await runRequest('torch_bench', { size, iterations, seed })))
      expect(output).toEqual({ size, iterations, seed, dtype: 'float32', checksum: checksum(size, iterations, seed) })
    }
  })

  it('gives the same checksum for a large matrix with one thread and with two', async () => {
    const params = { size: 768, iterations: 3, seed: 9 }
    const outputs: unknown[] = []
    for (const threads of [1, 2]) {
      const pool = await enginePool({ threads })
      outputs.push(outputOf(await pool.run(await runRequest('torch_bench', params))))
    }
    expect(outputs[1]).toEqual(outputs[0])
  })

  it('measures its speed outside of its output', async () => {
    const pool = await enginePool()
    const { metrics } = await pool.run(await runRequest('torch_bench', { size: 64, iterations: 10 }))
    expect(metrics).toMatchObject({ throughput_ops: expect.any(Number), seconds: expect.any(Number), gflops: expect.any(Number) })
    expect(metrics['gflops']).toBeGreaterThan(0)
  })

  it('tells its progress, and ends between iterations when its time is over', async () => {
    const pool = await enginePool({ cancelGraceMs: 10_000 })
    const { seen, onProgress } = firstProgress()
    // Its time does not begin with the start of the engine.
    await pool.run(await runRequest('torch_bench', { size: 1, iterations: 1 }))
    const long = { size: 256, iterations: 1_000_000 }
    const failed = failureOf(pool.run(await runRequest('torch_bench', long, { limits: { maxRuntimeS: 1 }, onProgress })))
    expect(await seen).toMatchObject({ type: 'progress', data: { total: 1_000_000 } })
    const pid = pool.status()[0]?.pid
    expect((await failed).code).toBe('E_TIMEOUT')
    expect(pool.status()[0]?.pid).toBe(pid)
  })

  it('refuses an output over the limit, and dtypes that it does not have', async () => {
    const pool = await enginePool()
    const small = await runRequest('torch_bench', { size: 1, iterations: 1 }, { limits: { maxOutputBytes: 10 } })
    expect((await failureOf(pool.run(small))).code).toBe('E_OUTPUT')
    const double = await runRequest('torch_bench', { dtype: 'float64' })
    expect((await failureOf(pool.run(double))).code).toBe('E_UNSUPPORTED')
  })
})
