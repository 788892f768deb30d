import { describe, expect, it } from 'vitest'
import { failureOf, outputOf, passPause, passTime, runJob, setUpLlmServer } from '../../support/llm-server-setup.ts'
import { completeText } from '../../support/openai-server.ts'
import type { GenerationCall } from '../../support/openai-server.ts'

const CHAT = { messages: [{ role: 'user', content: 'hi' }] }

describe('another attempt', () => {
  it.each<[string, (call: GenerationCall) => void]>([
    ['breaks the connection', (call) => call.reset()],
    ['fails', (call) => call.answer(500, { error: { message: 'engine dead' } })],
    ['is busy', (call) => call.answer(429, { error: { message: 'slow down' } })],
    ['begins and says nothing', (call) => (call.begin(), call.reset())],
  ])('is made when the server %s before any text', async (_, refuse) => {
    const setup = await setUpLlmServer()
    const { engine, server } = setup
    server.script = (call) => (server.calls.length < 3 ? refuse(call) : completeText('ok')(call))
    const running = passTime(setup.clock, runJob(engine, CHAT))
    expect(outputOf(await running)).toMatchObject({ text: 'ok' })
  })

  it('waits as long as the server asks', async () => {
    const setup = await setUpLlmServer()
    const { engine, server, clock } = setup
    server.script = (call) =>
      server.calls.length === 1 ? call.answer(503, { error: 'loading' }, { 'retry-after': '20' }) : completeText('ok')(call)
    const running = runJob(engine, CHAT)
    await passPause(setup, 19_999)
    expect(server.calls).toHaveLength(1)
    await clock.advance(1_000)
    expect(outputOf(await running)).toMatchObject({ text: 'ok' })
  })

  it('is not made for ever', async () => {
    const setup = await setUpLlmServer({ script: (call) => call.answer(503, { error: { message: 'queue full' } }) })
    const running = passTime(setup.clock, failureOf(runJob(setup.engine, CHAT)))
    expect(await running).toMatchObject({ code: 'E_ENGINE', retryable: true, message: expect.stringContaining('queue full') })
    expect(setup.server.calls).toHaveLength(5)
  })

  it('ends with the job’s own time, which is no fault of the job', async () => {
    const setup = await setUpLlmServer({ script: (call) => call.answer(503, {}, { 'retry-after': '60' }) })
    const running = failureOf(runJob(setup.engine, CHAT, { limits: { maxRuntimeS: 30 } }))
    await passPause(setup, 30_000)
    expect(await running).toMatchObject({ code: 'E_ENGINE', retryable: true, message: expect.stringContaining('busy') })
  })

  it('goes without what the server does not take and nobody asked for, and so do later jobs', async () => {
    const { engine, server } = await setUpLlmServer()
    server.script = (call) =>
      'return_token_ids' in call.body
        ? call.answer(400, { error: { message: 'return_token_ids is not supported with streaming' } })
        : completeText('ok')(call)
    await runJob(engine, CHAT)
    await runJob(engine, CHAT)
    expect(server.calls.map(({ body }) => 'return_token_ids' in body)).toEqual([true, false, false])
  })

  it('does not go without what the job asks for', async () => {
    const { engine, server } = await setUpLlmServer({ models: [{ id: 'm', owned_by: 'someone' }] })
    server.script = (call) => call.answer(422, { error: { message: 'Unrecognized request argument supplied: min_p' } })
    const failure = await failureOf(runJob(engine, { ...CHAT, min_p: 0.1 }))
    expect(failure).toMatchObject({ code: 'E_UNSUPPORTED', message: expect.stringContaining('min_p') })
    expect(server.calls).toHaveLength(1)
  })

  it('takes OpenAI’s path where a llama-server does not have its own', async () => {
    const { engine, server } = await setUpLlmServer({ models: [{ id: 'm', owned_by: 'llamacpp' }] })
    server.script = (call) => (call.path === '/completion' ? call.answer(404, {}) : completeText('ok')(call))
    expect(outputOf(await runJob(engine, { prompt: 'x' }))).toMatchObject({ text: 'ok' })
    expect(server.calls.map(({ path }) => path)).toEqual(['/completion', '/v1/completions'])
  })
})
