import { describe, expect, it } from 'vitest'
import type { EnginePool } from '../../../src/engine/engine-pool.ts'
import { command, enginePool, failureOf, firstProgress, fixtureEngine, outputOf } from './engine-fixture.ts'

async function worksAgain(pool: EnginePool): Promise<void> {
  expect(outputOf(await pool.run(await command(0)))).toEqual({})
}

describe('an engine that lies', () => {
  it.each([
    [1, 'that it is ready a second time'],
    [2, 'that a run is done which it does not have'],
    [3, 'a negative speed'],
    [4, 'a speed beyond all that is measured'],
    [5, 'progress that is no number'],
    [6, 'progress without end'],
    [7, 'progress whose quotient is no number'],
    [8, 'negative progress'],
    [9, 'a thousand metrics'],
    [10, 'a metric with spaces in its name'],
    [11, 'a media type with a header behind it'],
    [12, 'a version that has no canonical form'],
    [13, 'an output that is no base64'],
    [14, 'an output without a name'],
    [15, 'a failure code that there is not'],
    [16, 'a log line of a megabyte'],
    [17, 'the number of a run as a text'],
    [18, 'nothing but brackets'],
    [19, 'null'],
  ])('%i: costs its own job when it tells %s', async (seed) => {
    const pool = await enginePool({ entry: fixtureEngine('lies') })
    expect(await failureOf(pool.run(await command(seed)))).toMatchObject({
      code: 'E_ENGINE',
      message: expect.stringMatching(/sent what is no message|said ready twice|spoke of run/),
    })
  })
})

describe('an engine that ends at an odd moment', () => {
  it.each([
    [1, 'in the middle of a message', 'exited with code 3'],
    [2, 'without an answer, as if all were well', 'exited with code 0'],
    [3, 'by its channel alone', 'closed its channel'],
  ])('%i: fails the job when it ends %s', async (seed, _moment, reason) => {
    const pool = await enginePool({ entry: fixtureEngine('ends-oddly') })
    expect(await failureOf(pool.run(await command(seed)))).toMatchObject({
      code: 'E_ENGINE',
      message: expect.stringContaining(reason),
    })
    await worksAgain(pool)
  })

  it.each([
    [4, 'says so twice'],
    [5, 'tells more of it'],
    [6, 'ends at once'],
  ])('%i: gives the output of a job that was done before it %s', async (seed) => {
    const pool = await enginePool({ entry: fixtureEngine('ends-oddly') })
    expect(outputOf(await pool.run(await command(seed)))).toEqual({})
    await worksAgain(pool)
  })

  it('tells of a job as canceled that it dies of being canceled', async () => {
    const pool = await enginePool({ entry: fixtureEngine('ends-oddly') })
    const cancel = new AbortController()
    const { seen, onProgress } = firstProgress()
    const run = failureOf(pool.run(await command(7, { signal: cancel.signal, onProgress })))
    await seen
    cancel.abort()
    expect((await run).code).toBe('E_CANCELED')
    await worksAgain(pool)
  })
})

describe('an engine that hands out as its output', () => {
  it.each([
    [1, 'a link out of the job folder', 'E_ENGINE'],
    [2, 'a link to a device', 'E_ENGINE'],
    [3, 'a pipe that nobody writes to', 'E_ENGINE'],
    [4, 'a folder', 'E_ENGINE'],
    [5, 'the job folder itself', 'E_ENGINE'],
    [6, 'a device', 'E_ENGINE'],
    [7, 'a file of the miner', 'E_ENGINE'],
    [8, 'a path that climbs', 'E_ENGINE'],
    [9, 'a path without a root', 'E_ENGINE'],
    [10, 'a path with a NUL', 'E_ENGINE'],
    [11, 'what is not there', 'E_ENGINE'],
    [12, 'a file with a second name', 'E_ENGINE'],
    [13, 'a file behind a linked folder', 'E_ENGINE'],
    [14, 'a file larger than the limit by far', 'E_OUTPUT'],
  ])('%i, %s: fails the job', async (seed, _what, code) => {
    const pool = await enginePool({ entry: fixtureEngine('odd-outputs') })
    expect((await failureOf(pool.run(await command(seed)))).code).toMatch(code)
  })
})
