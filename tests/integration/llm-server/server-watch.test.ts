import { describe, expect, it } from 'vitest'
import { advanceUntil, failureOf, outputOf, passTime, runJob, setUpLlmServer } from '../../support/llm-server-setup.ts'
import { VLLM_MODELS } from '../../support/openai-server.ts'

const CHAT = { messages: [{ role: 'user', content: 'hi' }] }
const named = (name: string): { name: string; uri: null; sha256: null; bytes: null } => ({
  name,
  uri: null,
  sha256: null,
  bytes: null,
})

describe('the server', () => {
  it.each([
    [VLLM_MODELS, { '/version': { version: '0.12.0' } }, 'vLLM 0.12.0', [{ name: 'big-model', contextTokens: 4096 }]],
    [
      [{ id: 'm', owned_by: 'llamacpp', meta: { n_ctx: 512, n_ctx_train: 2048 } }],
      { '/props': { build_info: 'b9000' } },
      'llama-server b9000',
      [{ name: 'm', contextTokens: 512 }],
    ],
    [[{ id: 'm', owned_by: 'sglang', max_model_len: 8 }], {}, 'SGLang', [{ name: 'm', contextTokens: 8 }]],
    [
      [
        { id: 'a:8b', owned_by: 'library' },
        { id: 'b:1b', owned_by: 'library' },
      ],
      { '/api/version': { version: '0.9.1' } },
      'Ollama 0.9.1',
      [
        { name: 'a:8b', contextTokens: null },
        { name: 'b:1b', contextTokens: null },
      ],
    ],
    [
      [{ id: 'm', owned_by: 'm' }],
      { '/info': { model_id: 'm', version: '3.3.4' } },
      'TGI 3.3.4',
      [{ name: 'm', contextTokens: null }],
    ],
    [[{ id: 'm' }], {}, 'of an unknown kind', [{ name: 'm', contextTokens: null }]],
  ] as const)('is told apart by what it says: %#', async (models, paths, version, expected) => {
    const { engine } = await setUpLlmServer({ models, paths })
    expect(engine.workloads).toEqual(['llm_gen'])
    expect(engine.models()).toEqual(expected)
    expect(engine.status()).toMatchObject([{ engine: 'llm-server', device: null, state: 'ready', pid: null, version }])
  })

  it('is not asked for more than its list and its version', async () => {
    const { server } = await setUpLlmServer({ models: [{ id: 'm', owned_by: 'sglang' }] })
    expect(server.looks).toEqual(['/v1/models'])
  })

  it('may be away at the start: it is waited for, and that is said once', async () => {
    const { server, engine, clock, logger } = await setUpLlmServer({ isAway: true })
    let changes = 0
    engine.onChange(() => changes++)
    expect(engine.workloads).toEqual([])
    expect(engine.models()).toEqual([])
    expect(engine.status()).toMatchObject([{ state: 'backoff', version: null }])
    expect(await failureOf(runJob(engine, CHAT))).toMatchObject({ code: 'E_ENGINE', retryable: true })
    expect(logger.messages('warn')).toEqual([expect.stringContaining('LLM_URL')])
    expect(logger.messages('error')).toEqual([])

    await server.start()
    await advanceUntil('the server is found', clock, () => engine.isAvailable)
    expect(changes).toBe(1)
    expect(engine.workloads).toEqual(['llm_gen'])
    expect(outputOf(await runJob(engine, CHAT))).toMatchObject({ text: 'ok' })
  })

  it('is found by the next job before the next look', async () => {
    const { server, engine } = await setUpLlmServer({ isAway: true })
    await server.start()
    expect(outputOf(await runJob(engine, CHAT))).toMatchObject({ text: 'ok' })
    expect(engine.isAvailable).toBe(true)
  })

  it('may go away and come back', async () => {
    const { server, engine, clock } = await setUpLlmServer()
    const changes: boolean[] = []
    const off = engine.onChange(() => changes.push(engine.isAvailable))
    await server.stop()
    await advanceUntil('it is missed', clock, () => !engine.isAvailable, 5_000)
    await server.start()
    await advanceUntil('it is back', clock, () => engine.isAvailable)
    expect(changes).toEqual([false, true])
    off()
    server.models = [{ id: 'another', owned_by: 'vllm' }]
    await advanceUntil('the other model is seen', clock, () => engine.models()[0]?.name === 'another', 5_000)
    expect(changes).toEqual([false, true])
  })

  it('is missed when a job meets nobody there', async () => {
    const { server, engine, clock } = await setUpLlmServer()
    await server.stop()
    const running = passTime(clock, failureOf(runJob(engine, CHAT)))
    expect(await running).toMatchObject({ code: 'E_ENGINE', message: expect.stringContaining('connection refused') })
    expect(engine.workloads).toEqual([])
  })

  it.each([
    ['has no model', { models: [] }, 'no model'],
    ['wants another key', { key: 'k-secret', apiKey: 'another' }, 'LLM_API_KEY'],
  ])('is not offered when it %s, and the log says what to do', async (_, options, words) => {
    const { engine, logger, clock } = await setUpLlmServer(options)
    expect(engine.workloads).toEqual([])
    await clock.advance(5_000)
    expect(logger.messages('error')).toEqual([expect.stringContaining(words)])
    expect(JSON.stringify(logger.lines)).not.toContain('k-secret')
  })
})

describe('the model of a job', () => {
  const models = [
    { id: 'first', owned_by: 'library' },
    { id: 'second', owned_by: 'library' },
  ]

  it.each([
    [CHAT, null, 'first'],
    [{ ...CHAT, model: 'second' }, null, 'second'],
    [{ ...CHAT, model: 'first' }, named('second'), 'second'],
    [CHAT, { ...named('second'), uri: 'https://example.net/second' }, 'second'],
  ])('is the one it names, else the first: %#', async (params, model, expected) => {
    const { engine, server } = await setUpLlmServer({ models })
    const { environment } = await runJob(engine, params, { model })
    expect(server.calls[0]?.body['model']).toBe(expected)
    expect(environment['model']).toBe(expected)
  })

  it('must be one that the server has', async () => {
    const { engine, server } = await setUpLlmServer({ models })
    const failure = await failureOf(runJob(engine, CHAT, { model: named('third') }))
    expect(failure).toMatchObject({ code: 'E_INPUT', message: expect.stringContaining('it has first, second') })
    expect(server.calls).toEqual([])
  })

  it('may be one that the server has since the last look', async () => {
    const { engine, server } = await setUpLlmServer({ models })
    server.models = [...models, { id: 'third', owned_by: 'library' }]
    await runJob(engine, CHAT, { model: named('third') })
    expect(engine.models().map(({ name }) => name)).toEqual(['first', 'second', 'third'])
  })

  it('may be gone since the last look', async () => {
    const { engine, server } = await setUpLlmServer({
      models,
      script: (call) => call.answer(404, { error: { message: 'no such model' } }),
    })
    server.models = models.slice(0, 1)
    expect(await failureOf(runJob(engine, { ...CHAT, model: 'second' }))).toMatchObject({
      code: 'E_INPUT',
      message: expect.stringContaining('no longer has second'),
    })
  })

  it.each([
    [{ ...named('first'), sha256: 'a'.repeat(64) }, 'no hash'],
    [{ ...named('first'), name: null, uri: 'https://example.net/model.gguf' }, 'fetches no models'],
  ])('cannot be told by hash or address: %#', async (model, words) => {
    const { engine } = await setUpLlmServer({ models })
    expect(await failureOf(runJob(engine, CHAT, { model }))).toMatchObject({
      code: 'E_INPUT',
      retryable: true,
      message: expect.stringContaining(words),
    })
  })
})
