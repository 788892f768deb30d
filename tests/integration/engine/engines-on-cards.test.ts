import { describe, expect, it } from 'vitest'
import type { Gpu } from '../../../src/domain/gpu.ts'
import type { EngineGpus } from '../../../src/engine/engine-gpus.ts'
import { gpu } from '../../unit/hardware/sample-gpu.ts'
import { benchCommand, enginePool, failureOf, fixtureEngine, outputOf } from './engine-fixture.ts'

/** Two cards whose free memory and presence a test changes. */
class TestCards implements EngineGpus {
  cards: readonly Gpu[] = [
    gpu(0, { uuid: 'GPU-a', hasCuda: true, vulkanIndex: 1, vramMb: 8000 }),
    gpu(1, { uuid: 'GPU-b', hasCuda: true, vulkanIndex: 0, vramMb: 8000 }),
  ]
  freeMb: readonly number[] = [8000, 7000]

  usable(): readonly Gpu[] {
    return this.cards
  }

  freeVramMb(card: Gpu): Promise<number | null> {
    return Promise.resolve(this.freeMb[card.index] ?? null)
  }
}

describe('engines on cards', () => {
  it('run in a child of their own for each card, which sees that card alone', async () => {
    const cards = new TestCards()
    const pool = await enginePool({ entry: fixtureEngine('tells-environment'), gpus: cards, accelMode: 'auto' })
    expect(outputOf(await pool.run(await benchCommand(0)))).toMatchObject({
      env: { CUDA_VISIBLE_DEVICES: 'GPU-a', GGML_VK_VISIBLE_DEVICES: '1' },
    })
    cards.freeMb = [1000, 7000]
    expect(outputOf(await pool.run(await benchCommand(0)))).toMatchObject({
      env: { CUDA_VISIBLE_DEVICES: 'GPU-b', GGML_VK_VISIBLE_DEVICES: '0' },
    })
    expect(pool.status().map(({ device }) => device)).toEqual(['gpu0', 'gpu1'])
  })

  it('are placed on the idlest card, so that two jobs run on two', async () => {
    const pool = await enginePool({ entry: fixtureEngine('obedient'), gpus: new TestCards(), accelMode: 'auto' })
    const cancel = new AbortController()
    const { promise: waiting, resolve } = Promise.withResolvers<void>()
    const first = failureOf(pool.run(await benchCommand(2, { signal: cancel.signal, onProgress: () => resolve() })))
    await waiting
    await pool.run(await benchCommand(0))
    expect(pool.status().map(({ device }) => device)).toEqual(['gpu0', 'gpu1'])
    cancel.abort()
    await first
  })

  it('see no card where ACCEL_MODE is cpu', async () => {
    const pool = await enginePool({ entry: fixtureEngine('tells-environment'), gpus: new TestCards(), accelMode: 'cpu' })
    expect(outputOf(await pool.run(await benchCommand(0)))).toMatchObject({ env: { CUDA_VISIBLE_DEVICES: '' } })
    expect(pool.status()).toMatchObject([{ device: 'cpu' }])
  })

  it('fail a job that takes more of the card than its limit with E_OOM, and tell the most that was taken otherwise', async () => {
    const cards = new TestCards()
    const pool = await enginePool({ entry: fixtureEngine('obedient'), gpus: cards, accelMode: 'auto' })
    const grow = (): void => {
      cards.freeMb = [7000, 7000]
    }
    const failure = await failureOf(pool.run(await benchCommand(2, { limits: { vramMb: 500 }, onProgress: grow })))
    expect(failure).toMatchObject({
      code: 'E_OOM',
      message: expect.stringContaining('1000 MiB of the GPU, more than the limit of 500 MiB'),
    })
    expect(outputOf(await pool.run(await benchCommand(0)))).toEqual({})
  })

  it('fail the job of a card that falls off the bus with E_NOGPU, and go on on the other', async () => {
    const cards = new TestCards()
    const pool = await enginePool({ entry: fixtureEngine('obedient'), gpus: cards, accelMode: 'gpu' })
    const lose = (): void => {
      cards.cards = cards.cards.slice(1)
    }
    const failure = await failureOf(pool.run(await benchCommand(2, { onProgress: lose })))
    expect(failure).toMatchObject({ code: 'E_NOGPU', retryable: true, message: expect.stringContaining('went away') })
    await pool.run(await benchCommand(0))
    expect(pool.status().at(-1)).toMatchObject({ device: 'gpu1', state: 'ready' })
  })

  it('tell a crash on a card that is gone as the loss of the card', async () => {
    const cards = new TestCards()
    const pool = await enginePool({ entry: fixtureEngine('obedient'), gpus: cards, accelMode: 'gpu' })
    const crash = pool.run(await benchCommand(1))
    cards.cards = []
    expect(await failureOf(crash)).toMatchObject({ code: 'E_NOGPU' })
  })
})
