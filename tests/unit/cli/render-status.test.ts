import { stripVTControlCharacters } from 'node:util'

import { describe, expect, it } from 'vitest'

import { renderStatus } from '../../../src/cli/render-status.ts'
import type { MinerStatus } from '../../../src/domain/miner-status.ts'
import { EXAMPLE_NOW_MS, EXAMPLE_STATUS } from './example-status.ts'

function render(changes: Partial<MinerStatus> = {}, hasColors = false): string {
  return renderStatus({ ...EXAMPLE_STATUS, ...changes }, { nowMs: EXAMPLE_NOW_MS, hasColors })
}

describe('renderStatus', () => {
  it('tells state and cause first, then all else, aligned', () => {
    expect(render()).toBe(
      [
        'state        waiting: the coordinator cannot be reached',
        'miner        box-gpu0, pays wallet1abc',
        'daemon       0.1.0, up 2 h 5 min, pid 4242',
        'coordinator  https://coordinator.corp',
        '             not reachable, last answer 5 min 20 s ago, holds polls until a job fits',
        '             last error: connect ECONNREFUSED',
        '             queued jobs that do not fit this miner: 3 by model',
        '             balance 12.50 AITBC',
        'slots        1 of 2 busy, mode gpu',
        'jobs         job_7  llm_gen  running  37 of 128 (28 %)  for 12 s  attempt 2',
        'outbox       2 to deliver, oldest for 5 min 12 s, next try in 12 s',
        '             last error: connect ECONNREFUSED',
        'engines      llama  gpu0  ready    pid 77  1 running  512 MB  llama.cpp b1234, cuda; sandbox: Landlock ABI 7, seccomp',
        '             onnx   cpu   stopped                             starts with the first job for it                         2 restarts',
        'GPUs         0  NVIDIA GeForce RTX 4060 Ti  16380 MB  driver 570.86.10  cuda',
        'since start  12 accepted, 11 proved, 1 failed, 10 credited, 0 dropped',
        'recent       job_6  sd_infer  credited 0.25 AITBC  40 s ago',
        '',
      ].join('\n'),
    )
  })

  it('says so where there is nothing', () => {
    const text = render({
      state: 'online',
      stateReason: null,
      jobs: [],
      engines: [],
      gpus: [],
      recent: [],
      outbox: { waiting: 0, oldestAgeS: null, nextTryInS: null, lastError: null },
      coordinator: {
        ...EXAMPLE_STATUS.coordinator,
        reachable: null,
        lastContactAt: null,
        lastError: null,
        longPoll: null,
        skipped: null,
        balance: null,
      },
    })
    expect(text).toContain('state        online\n')
    expect(text).toContain('             not called yet\n')
    expect(text).toContain('jobs         none running\n')
    expect(text).toContain('outbox       empty: everything is delivered\n')
    expect(text).toContain('GPUs         none in use\n')
  })

  it('has colours on a terminal, and the same words and columns', () => {
    const colored = render({}, true)
    expect(colored).not.toBe(render())
    expect(stripVTControlCharacters(colored)).toBe(render())
  })

  it('lets no control character from elsewhere reach the terminal', () => {
    const evil = 'a\u001b[2Jb\nc'
    const text = render({
      stateReason: evil,
      minerId: evil,
      jobs: EXAMPLE_STATUS.jobs.map((job) => ({ ...job, id: evil })),
      outbox: { ...EXAMPLE_STATUS.outbox, lastError: evil },
      coordinator: { ...EXAMPLE_STATUS.coordinator, url: evil, lastError: evil, balance: evil, skipped: { [evil]: 1 } },
      recent: EXAMPLE_STATUS.recent.map((job) => ({ ...job, result: evil })),
    })
    expect(text).not.toContain('\u001b')
    expect(text.split('\n')).toHaveLength(render().split('\n').length)
  })
})
