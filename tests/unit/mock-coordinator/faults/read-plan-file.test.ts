import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FaultRuleSchema } from '../../../../mock-coordinator/faults/fault-rule.ts'
import { readPlanFile } from '../../../../mock-coordinator/faults/read-plan-file.ts'
import { tempDir } from '../../../support/temp-dir.ts'

function planFile(text: string): string {
  const path = join(tempDir(), 'faults.json')
  writeFileSync(path, text)
  return path
}

describe('readPlanFile', () => {
  it('reads the example of docs/faults.md, in which every fault occurs', () => {
    const docs = readFileSync(new URL('../../../../docs/faults.md', import.meta.url), 'utf8')
    const plan = readPlanFile(planFile(/```json\n([^]*?)```/.exec(docs)?.[1] ?? ''))
    const kinds = FaultRuleSchema.options.map((option) => option.shape.fault.value)
    expect(new Set(plan.rules.map((rule) => rule.fault))).toEqual(new Set(kinds))
    for (const kind of kinds) expect(docs).toContain(`| \`${kind}\``)
  })

  it('takes miner for all endpoints of the miner', () => {
    const plan = readPlanFile(
      planFile('{"rules":[{"on":["miner","health"],"fault":"reset"},{"on":"miner","fault":"cancel_job"}]}'),
    )
    expect(plan.rules[0]?.on).toEqual(['health', 'register', 'heartbeat', 'next', 'uploadOutput', 'proof', 'fail', 'jobEvents'])
    expect(plan.rules[1]?.on).not.toContain('register')
  })

  it('reports every problem of a file with its place', () => {
    const text = JSON.stringify({
      seed: -1,
      colour: 'red',
      rules: [
        { on: 'prooff', fault: 'reset' },
        { on: 'next', fault: 'latency', ms: 'long', jitter: 1 },
        { on: 'register', fault: 'cancel_job', when: 'never' },
        { on: 'next', fault: 'nonsense' },
        { on: 'next', fault: 'status', status: 200, retry_after: 'a\nb' },
      ],
    })
    const places = [
      'seed: ',
      'rules[0].on: must be one of miner, health, register',
      'rules[1].ms: ',
      'rules[1]: Unrecognized key: "jitter"',
      'rules[2].on: ',
      'rules[2].when: ',
      'rules[3].fault: must be a fault',
      'rules[4].status: ',
      'rules[4].retry_after: ',
      '(file): Unrecognized key: "colour"',
    ]
    let message = ''
    try {
      readPlanFile(planFile(text))
    } catch (error) {
      message = String(error)
    }
    for (const place of places) expect(message).toContain(`\n  ${place}`)
  })

  it('says of a file that is no JSON where it breaks, and of none that it is missing', () => {
    expect(() => readPlanFile(planFile('{"rules": ['))).toThrow(/cannot read the fault plan .*JSON/)
    expect(() => readPlanFile('/nowhere/faults.json')).toThrow('no such file')
  })
})
