import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { command, enginePool, failureOf, fixtureEngine, outputOf } from './engine-fixture.ts'

const MIB = 1024 * 1024
const ROUND_TRIPS = 30
/** Generous: what is read at a time is 64 KiB, a thousand of the shortest messages. */
const MAX_MESSAGES_PER_TURN = 5000

/** A server of this process that gives back what it gets: it answers only if the event loop turns. */
async function roundTrips(count: number): Promise<void> {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const socket = connect(address.port, '127.0.0.1')
  for (let trip = 0; trip < count; trip += 1) {
    socket.write('x')
    await once(socket, 'data')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  socket.destroy()
}

it.each([
  [1, 'log lines'],
  [2, 'tokens'],
  [3, 'steps'],
  [4, 'standard output'],
])('%i: an engine that floods its host with %s costs it neither memory nor the time to answer others', async (seed) => {
  const pool = await enginePool({ entry: fixtureEngine('floods-channel') })
  const cancel = new AbortController()
  const begun = Promise.withResolvers<void>()
  let sinceTurn = 0
  let mostPerTurn = 0
  const turns = setInterval(() => (sinceTurn = 0), 1)
  onTestFinished(() => clearInterval(turns))
  const onProgress = (): void => {
    begun.resolve()
    sinceTurn += 1
    mostPerTurn = Math.max(mostPerTurn, sinceTurn)
  }
  const run = failureOf(pool.run(await command(seed, { signal: cancel.signal, onProgress })))
  await begun.promise
  await roundTrips(ROUND_TRIPS)
  const before = process.memoryUsage().rss
  await roundTrips(ROUND_TRIPS)
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB)
  expect(mostPerTurn).toBeLessThan(MAX_MESSAGES_PER_TURN)
  expect(pool.status()[0]).toMatchObject({ state: 'ready', activeRuns: 1 })
  cancel.abort()
  expect((await run).code).toBe('E_CANCELED')
  expect(outputOf(await pool.run(await command(0)))).toEqual({})
})
