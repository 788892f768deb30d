import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import type { EnginePool } from '../../../src/engine/engine-pool.ts'
import { groupMembers } from '../../support/group-members.ts'
import { isRunning } from '../../support/is-running.ts'
import { benchCommand, command, enginePool, failureOf, firstProgress, fixtureEngine, outputOf } from './engine-fixture.ts'

function oomScore(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'latin1'))
}

async function worksAgain(pool: EnginePool): Promise<void> {
  expect(outputOf(await pool.run(await command(0)))).toEqual({})
}

describe('an engine that crashes', () => {
  it('costs the job that was alone in it, with signal and last words, and the next one runs', async () => {
    const pool = await enginePool({ entry: fixtureEngine('obedient') })
    const failure = await failureOf(pool.run(await command(1)))
    expect(failure).toMatchObject({ code: 'E_ENGINE', retryable: true })
    expect(failure.message).toContain('SIGSEGV')
    expect(failure.message).toContain('about to fall over')
    await worksAgain(pool)
    expect(pool.status()[0]).toMatchObject({ engine: 'llama', state: 'ready', restarts: 1 })
  })

  it('costs none but the culprit when several jobs were in it', async () => {
    const pool = await enginePool({ entry: fixtureEngine('obedient') })
    const { seen, onProgress } = firstProgress()
    const innocent = pool.run(await command(3, { onProgress }))
    await seen
    expect((await failureOf(pool.run(await command(1)))).code).toBe('E_ENGINE')
    expect(outputOf(await innocent)).toEqual({})
  })

  it('tells a job that is begun again, since its text comes twice', async () => {
    const pool = await enginePool({ entry: fixtureEngine('obedient') })
    const cancel = new AbortController()
    const lines: unknown[] = []
    const again = Promise.withResolvers<void>()
    const { seen, onProgress } = firstProgress()
    const innocent = failureOf(
      pool.run(
        await command(2, {
          signal: cancel.signal,
          onProgress: (progress) => {
            onProgress(progress)
            lines.push(progress.data)
            if (lines.length === 3) again.resolve()
          },
        }),
      ),
    )
    await seen
    await failureOf(pool.run(await command(1)))
    await again.promise
    cancel.abort()
    expect((await innocent).code).toBe('E_CANCELED')
    expect(lines).toEqual(['waiting', expect.stringContaining('begins again'), 'waiting'])
  })

  it('takes its grandchildren with it', async () => {
    const pool = await enginePool({ entry: fixtureEngine('forks-grandchild') })
    const { seen, onProgress } = firstProgress()
    const failed = failureOf(pool.run(await command(1, { onProgress })))
    await seen
    const groupId = pool.status()[0]?.pid ?? 0
    expect(groupMembers(groupId)).toContain(Number((await seen).data))
    expect((await failed).code).toBe('E_ENGINE')
    expect(groupMembers(groupId)).toEqual([])
    await worksAgain(pool)
  })

  it('takes those with it that left for a session of their own', async () => {
    const pool = await enginePool({ entry: fixtureEngine('leaves-its-group') })
    const { seen, onProgress } = firstProgress()
    const failed = failureOf(pool.run(await command(1, { onProgress })))
    const stray = Number((await seen).data)
    expect(isRunning(stray)).toBe(true)
    expect((await failed).code).toBe('E_ENGINE')
    await expect.poll(() => isRunning(stray)).toBe(false)
    await worksAgain(pool)
  })
})

describe('an engine that an earlier job has broken', () => {
  it('costs the next job a start and not its life', async () => {
    const pool = await enginePool({ entry: fixtureEngine('obedient') })
    await worksAgain(pool)
    const workDirs = await command(4)
    expect(outputOf(await pool.run(workDirs))).toEqual({})
    expect(pool.status()[0]?.restarts).toBe(1)
  })
})

describe('an engine that does not end', () => {
  it('is killed when a canceled job goes on, in spite of SIGTERM', async () => {
    const pool = await enginePool({ entry: fixtureEngine('ignores-sigterm') })
    const cancel = new AbortController()
    const { seen, onProgress } = firstProgress()
    const run = failureOf(pool.run(await command(1, { signal: cancel.signal, onProgress })))
    await seen
    cancel.abort(new JobFailureError('E_CANCELED', 'the coordinator canceled the job'))
    expect(await run).toMatchObject({ code: 'E_CANCELED', message: 'the coordinator canceled the job' })
    await worksAgain(pool)
  })

  it('costs the job its time limit', async () => {
    const pool = await enginePool({ entry: fixtureEngine('ignores-sigterm') })
    // As long as it has for the job, it may wait for the engine: that is there already.
    await worksAgain(pool)
    const failure = await failureOf(pool.run(await command(1, { limits: { maxRuntimeS: 1 } })))
    expect(failure).toMatchObject({ code: 'E_TIMEOUT', retryable: false })
    await worksAgain(pool)
  })

  it('is killed when it does not answer any more, long before the time limit of its job', async () => {
    const pool = await enginePool({ entry: fixtureEngine('obedient'), silenceMs: 2000 })
    await worksAgain(pool)
    const pid = pool.status()[0]?.pid ?? 0
    process.kill(pid, 'SIGSTOP')
    // It had answered another job before: this one is not to blame for what has become of it.
    await worksAgain(pool)
    expect(pool.status()[0]?.pid).not.toBe(pid)
  })

  it('fails the job that it hangs with from its start', async () => {
    const pool = await enginePool({ entry: fixtureEngine('obedient'), silenceMs: 1000 })
    expect(await failureOf(pool.run(await command(2)))).toMatchObject({
      code: 'E_ENGINE',
      message: expect.stringContaining('did not answer for 1 s: it hangs'),
    })
    await worksAgain(pool)
  })

  it('costs no other job its time where it computes one at a time: that one was not served, which others may do', async () => {
    const pool = await enginePool({ entry: fixtureEngine('obedient') })
    const cancel = new AbortController()
    const { seen, onProgress } = firstProgress()
    const first = failureOf(pool.run(await benchCommand(2, { signal: cancel.signal, onProgress })))
    await seen
    const pid = pool.status()[0]?.pid
    expect(await failureOf(pool.run(await benchCommand(2, { limits: { maxRuntimeS: 0.3 } })))).toMatchObject({
      code: 'E_ENGINE',
      message: expect.stringContaining('not free for this job within 0.3 s'),
      retryable: true,
    })
    expect(pool.status()[0]?.pid).toBe(pid)
    cancel.abort()
    expect((await first).code).toBe('E_CANCELED')
  })

  it('is gone after stop, and its job has ended as E_SHUTDOWN', async () => {
    const pool = await enginePool({ entry: fixtureEngine('ignores-sigterm') })
    const { seen, onProgress } = firstProgress()
    const run = failureOf(pool.run(await command(1, { onProgress })))
    await seen
    const groupId = pool.status()[0]?.pid ?? 0
    await pool.stop()
    expect((await run).code).toBe('E_SHUTDOWN')
    expect(groupMembers(groupId)).toEqual([])
    expect((await failureOf(pool.run(await command(0)))).code).toBe('E_SHUTDOWN')
  })
})

describe('an engine that does not start', () => {
  it('fails the job with what it said', async () => {
    const pool = await enginePool({ entry: fixtureEngine('exits-early') })
    const failure = await failureOf(pool.run(await command(0)))
    expect(failure.code).toBe('E_ENGINE')
    expect(failure.message).toContain('exited with code 127')
    expect(failure.message).toContain('libfixture.so.1')
  })

  it('is given up when it is not ready in time', async () => {
    const pool = await enginePool({ entry: fixtureEngine('never-ready'), startTimeoutMs: 300 })
    const failure = await failureOf(pool.run(await command(0)))
    expect(failure).toMatchObject({ code: 'E_ENGINE', message: expect.stringContaining('not ready within 300 ms') })
  })

  it('fails the job when its program is not there', async () => {
    const pool = await enginePool({ entry: '/nonexistent/engine.js' })
    expect((await failureOf(pool.run(await command(0)))).code).toBe('E_ENGINE')
  })
})

describe('an engine that breaks the protocol', () => {
  it.each([
    [1, 'bytes that are no JSON'],
    [2, 'a message of an unknown type'],
    [3, 'an answer to a run that it does not have'],
    [4, 'an answer without its output'],
    [5, 'a message without end'],
    [6, 'an output outside of the job folder'],
  ])('%i: fails the job after %s, and the next one runs', async (seed) => {
    const pool = await enginePool({ entry: fixtureEngine('talks-garbage') })
    expect((await failureOf(pool.run(await command(seed)))).code).toBe('E_ENGINE')
    await worksAgain(pool)
  })

  it('may write as much to stdout as it likes', async () => {
    const pool = await enginePool({ entry: fixtureEngine('floods-stdout') })
    expect(outputOf(await pool.run(await command(0)))).toEqual({})
  })
})

describe('an engine that takes too much memory', () => {
  it.each([
    [1, 'quickly'],
    [3, 'at once'],
    [4, 'little by little'],
  ])('%i, %s: is killed, and the job that did it fails as E_OOM', async (seed) => {
    const pool = await enginePool({ entry: fixtureEngine('grows-memory') })
    const failure = await failureOf(pool.run(await command(seed, { limits: { ramMb: 200 } })))
    expect(failure).toMatchObject({ code: 'E_OOM', message: expect.stringContaining('200 MiB') })
    await worksAgain(pool)
  })

  it('is killed for a program of its own that took it in a session of its own', async () => {
    const pool = await enginePool({ entry: fixtureEngine('leaves-its-group') })
    const { seen, onProgress } = firstProgress()
    const failed = failureOf(pool.run(await command(3, { limits: { ramMb: 250 }, onProgress })))
    const stray = Number((await seen).data)
    expect((await failed).code).toBe('E_OOM')
    // Killed, it takes a moment to give so much memory back.
    await expect.poll(() => isRunning(stray)).toBe(false)
    await worksAgain(pool)
  })

  it('is ended by the kernel before the miner is', async () => {
    const pool = await enginePool({ entry: fixtureEngine('obedient') })
    await worksAgain(pool)
    expect(oomScore(pool.status()[0]?.pid ?? 0)).toBeGreaterThanOrEqual(Math.max(800, oomScore(process.pid)))
  })

  it('is renewed first when it is too big already for a job with a small limit', async () => {
    const pool = await enginePool({ entry: fixtureEngine('grows-memory') })
    await pool.run(await command(2))
    const pid = pool.status()[0]?.pid
    expect(outputOf(await pool.run(await command(0, { limits: { ramMb: 250 } })))).toEqual({})
    expect(pool.status()[0]?.pid).not.toBe(pid)
  })
})

describe('a child', () => {
  it('sees harmless names of the environment and no secret', async () => {
    const environment = { PATH: '/usr/bin:/bin', API_KEY: 'secret-1', NODE_OPTIONS: '--secret-2', LD_PRELOAD: 'secret-3' }
    const pool = await enginePool({ entry: fixtureEngine('tells-environment'), environment })
    const told = JSON.stringify(outputOf(await pool.run(await command(0))))
    expect(told).toContain('/usr/bin:/bin')
    expect(told).not.toContain('secret')
  })

  it('is ended when it had nothing to do for long, and started again for the next job', async () => {
    const pool = await enginePool({ entry: fixtureEngine('obedient'), idleMs: 20 })
    await worksAgain(pool)
    await expect.poll(() => pool.status()[0]?.state).toBe('stopped')
    await worksAgain(pool)
  })
})
