import { describe, expect, it } from 'vitest'
import { FaultRuleSchema } from '../../../../mock-coordinator/faults/fault-rule.ts'
import { RuleState } from '../../../../mock-coordinator/faults/rule-state.ts'

function stateOf(fields: object, seed = 1, index = 0): RuleState {
  return new RuleState('r', FaultRuleSchema.parse({ on: 'proof', fault: 'reset', ...fields }), seed, index)
}

function pattern(state: RuleState, calls: number): string {
  return Array.from({ length: calls }, () => (state.hits('proof') ? 'x' : '.')).join('')
}

describe('RuleState', () => {
  it.each([
    [{}, 'xxxxxx'],
    [{ every: 3 }, '..x..x'],
    [{ after: 2 }, '..xxxx'],
    [{ after: 1, every: 2 }, '..x.x.'],
    [{ times: 2 }, 'xx....'],
    [{ after: 1, every: 2, times: 1 }, '..x...'],
    [{ probability: 0 }, '......'],
  ])('with %j hits the calls %s', (fields, expected) => {
    expect(pattern(stateOf(fields), expected.length)).toBe(expected)
  })

  it('asks only for the endpoints that it is for, and counts calls and injections', () => {
    const state = stateOf({ every: 2 })
    expect(state.hits('next')).toBe(false)
    expect(pattern(state, 4)).toBe('.x.x')
    expect([state.calls, state.injected]).toEqual([4, 2])
  })

  it('gives back a hit that came to nothing', () => {
    const state = stateOf({ times: 1 })
    expect(pattern(state, 2)).toBe('x.')
    state.release()
    expect(pattern(state, 2)).toBe('x.')
    expect(state.injected).toBe(1)
  })

  it('hits about as often as its probability says, and the same calls for the same seed', () => {
    const once = pattern(stateOf({ probability: 0.3 }, 42), 2000)
    expect(pattern(stateOf({ probability: 0.3 }, 42), 2000)).toBe(once)
    expect(pattern(stateOf({ probability: 0.3 }, 43), 2000)).not.toBe(once)
    expect(pattern(stateOf({ probability: 0.3 }, 42, 1), 2000)).not.toBe(once)
    expect(once.replaceAll('.', '').length).toBeGreaterThan(500)
    expect(once.replaceAll('.', '').length).toBeLessThan(700)
  })
})
