import { expect, it } from 'vitest'
import { RunGate } from '../../../src/engine/run-gate.ts'

const never = new AbortController().signal

/** The order in which entrants get in. */
function entrants(gate: RunGate): {
  enter: (name: string, isAlone: boolean, signal?: AbortSignal) => Promise<() => void>
  readonly inside: string[]
} {
  const inside: string[] = []
  return {
    inside,
    enter: async (name, isAlone, signal = never) => {
      const leave = await gate.enter(isAlone, signal)
      inside.push(name)
      return leave
    },
  }
}

/** Lets all settled promises be heard. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('lets as many in together as there are places', async () => {
  const { enter, inside } = entrants(new RunGate(2))
  const leaveA = await enter('a', false)
  await enter('b', false)
  const third = enter('c', false)
  await settle()
  expect(inside).toEqual(['a', 'b'])
  leaveA()
  await third
  expect(inside).toEqual(['a', 'b', 'c'])
})

it('keeps everyone out while one is in alone, and lets no one overtake it', async () => {
  const { enter, inside } = entrants(new RunGate(4))
  const leaveA = await enter('a', false)
  const alone = enter('alone', true)
  const last = enter('last', false)
  await settle()
  expect(inside).toEqual(['a'])
  leaveA()
  const leaveAlone = await alone
  await settle()
  expect(inside).toEqual(['a', 'alone'])
  leaveAlone()
  await last
  expect(inside).toEqual(['a', 'alone', 'last'])
})

it('forgets one that gives up waiting', async () => {
  const { enter, inside } = entrants(new RunGate(1))
  const leave = await enter('a', false)
  const patience = new AbortController()
  const impatient = enter('impatient', true, patience.signal)
  const next = enter('next', false)
  patience.abort(new Error('enough'))
  await expect(impatient).rejects.toThrow('enough')
  leave()
  await next
  expect(inside).toEqual(['a', 'next'])
})
