import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { JobProgress } from '../../../src/domain/engine.ts'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import { eventually } from '../../support/eventually.ts'
import { failureOf, outputOf, passTime, runJob, setUpLlmServer } from '../../support/llm-server-setup.ts'
import { chunk, completeText } from '../../support/openai-server.ts'
import type { GenerationCall } from '../../support/openai-server.ts'
import { tempDir } from '../../support/temp-dir.ts'

const CHAT = { messages: [{ role: 'user', content: 'hi' }] }

/** Sends one piece of text and leaves the answer open. */
function beginText(call: GenerationCall): void {
  call.begin()
  call.event(chunk(call, 'begun'))
}

describe('a job', () => {
  it.each([
    ['prompt', { prompt: 'Once' }, '/v1/completions'],
    ['messages', CHAT, '/v1/chat/completions'],
  ])('with %s gives canonical JSON, its hash, and what it counted', async (_, params, path) => {
    const { server, engine } = await setUpLlmServer({ paths: { '/version': { version: '0.11.2' } } })
    server.script = (call) => {
      call.begin()
      call.event(chunk(call, 'größe', { token_ids: [4, 5] }))
      call.event(chunk(call, ' 😀', { token_ids: [6, 2], finish_reason: 'stop', stop_reason: null }))
      call.event({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 4 } })
      call.write('data: [DONE]\n\n')
      call.end()
    }
    const { output, metrics, mode, environment } = await runJob(engine, params)
    expect(server.calls.map((call) => call.path)).toEqual([path])
    expect(mode).toBe('gpu')
    const bytes = Buffer.from('{"finish_reason":"stop","text":"größe 😀","tokens":[4,5,6]}')
    expect(output).toEqual({
      mediaType: 'application/json',
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      bytes: { kind: 'memory', data: bytes },
    })
    expect(metrics).toEqual({ prompt_tokens: 7, completion_tokens: 4, first_token_ms: 0 })
    expect(environment).toEqual({
      engine: 'openai-http',
      server: 'vllm',
      server_version: '0.11.2',
      model: 'big-model',
      context_tokens: 4096,
    })
  })

  it('reads a stream that comes in single bytes, with comments and CR LF', async () => {
    const { server, engine } = await setUpLlmServer()
    server.script = (call) => {
      call.begin()
      const text = [
        ': ping\r\n\r\n',
        `data: ${JSON.stringify(chunk(call, 'größe 😀'))}\r\n\r\n`,
        `data: ${JSON.stringify(chunk(call, '', { finish_reason: 'length' }))}\r\n\r\n`,
        'data: [DONE]\r\n\r\n',
      ].join('')
      for (const byte of Buffer.from(text)) call.write(new Uint8Array([byte]))
      call.end()
    }
    expect(outputOf(await runJob(engine, CHAT))).toEqual({ finish_reason: 'length', text: 'größe 😀', tokens: [] })
  })

  it('streams its text, in pieces not more often than every 40 ms', async () => {
    const { engine, clock, server } = await setUpLlmServer()
    const steps = { next: 0 }
    server.script = (call) => {
      call.begin()
      call.event(chunk(call, 'a'))
      call.event(chunk(call, 'b'))
      steps.next = 1
      void eventually('the clock has moved', () => steps.next === 2).then(() => {
        call.event(chunk(call, 'c'))
        completeTail(call)
      })
    }
    const pieces: string[] = []
    const running = runJob(engine, CHAT, { onProgress: (piece) => pieces.push(textOf(piece)) })
    await eventually('the first piece is there', () => pieces.length === 1)
    await clock.advance(40)
    steps.next = 2
    const text = outputOf(await running)
    expect(text).toMatchObject({ text: 'abc' })
    expect(pieces[0]).toBe('a')
    expect(pieces.length).toBeLessThanOrEqual(3)
    expect(pieces.join('')).toBe('abc')
  })

  it('sends the key and who we are, and no key where there is none', async () => {
    const withKey = await setUpLlmServer({ key: 'k-123', apiKey: 'k-123' })
    await runJob(withKey.engine, CHAT)
    expect(withKey.server.calls[0]?.headers).toMatchObject({ authorization: 'Bearer k-123', 'user-agent': 'aitbc-miner/test' })
    const without = await setUpLlmServer()
    await runJob(without.engine, CHAT)
    expect(without.server.calls[0]?.headers).not.toHaveProperty('authorization')
  })

  it('keeps its connection for the next job', async () => {
    const { server, engine } = await setUpLlmServer({ concurrency: 1 })
    const sockets = new Set<string>()
    server.script = (call) => {
      sockets.add(call.peer)
      return completeText('ok')(call)
    }
    await runJob(engine, CHAT)
    await runJob(engine, CHAT)
    await runJob(engine, CHAT)
    expect(server.calls).toHaveLength(3)
    expect(sockets.size).toBeLessThanOrEqual(2)
  })

  it('leaves a large output in a file of its folder', async () => {
    const workDir = tempDir()
    const { engine } = await setUpLlmServer({ script: completeText('x'.repeat(40_000), 'y'.repeat(40_000)) })
    const { output } = await runJob(engine, CHAT, { workDir })
    if (output.bytes.kind !== 'file') throw new Error('the output is no file')
    expect(output.bytes.path.startsWith(workDir)).toBe(true)
    const bytes = await readFile(output.bytes.path)
    expect(output).toMatchObject({ sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
  })

  it('takes a text that is whole, however the connection ends behind it', async () => {
    const { engine, server } = await setUpLlmServer()
    const seen = { isText: false }
    server.script = async (call) => {
      call.begin()
      call.event(chunk(call, 'whole', { finish_reason: 'stop' }))
      await eventually('the text has come', () => seen.isText)
      call.reset()
    }
    const onProgress = (): void => {
      seen.isText = true
    }
    expect(outputOf(await runJob(engine, CHAT, { onProgress }))).toMatchObject({ text: 'whole' })
  })
})

describe('a whole text', () => {
  it('counts though the server never ends its answer', async () => {
    const { engine, server, clock } = await setUpLlmServer({
      script: (call) => {
        call.begin()
        call.event(chunk(call, 'whole', { finish_reason: 'stop' }))
      },
    })
    expect(outputOf(await passTime(clock, runJob(engine, CHAT)))).toMatchObject({ text: 'whole' })
    await server.calls[0]?.closed
  })
})

describe('a failed job', () => {
  it.each([
    [
      'a prompt that is too long',
      400,
      { error: { message: 'maximum context length is 4096 tokens' } },
      'E_INVALID',
      'maximum context',
    ],
    ['a body that is too large', 413, { detail: 'too large' }, 'E_INVALID', 'too large'],
    ['params it does not take', 422, { detail: [{ loc: ['body', 'seed'], msg: 'too big' }] }, 'E_INVALID', 'body.seed: too big'],
    ['a path it does not have', 404, { detail: 'Not Found' }, 'E_UNSUPPORTED', '/v1/chat/completions'],
    ['an answer that is no stream', 200, { choices: [] }, 'E_ENGINE', 'no event stream'],
    ['an error with status 200', 200, { error: { message: 'no memory' } }, 'E_ENGINE', 'no memory'],
  ])('says what the server says: %s', async (_, status, body, code, words) => {
    const { engine, clock } = await setUpLlmServer({ script: (call) => call.answer(status, body) })
    const failure = await passTime(clock, failureOf(runJob(engine, CHAT)))
    expect(failure).toMatchObject({ code, message: expect.stringContaining(words) })
    expect(failure.message).not.toContain('127.0.0.1')
  })

  it('names LLM_API_KEY when the key is refused, in the log too, and never the key', async () => {
    const { engine, server, logger } = await setUpLlmServer({ key: 'k-secret' })
    server.apiKey = 'another'
    const failure = await failureOf(runJob(engine, CHAT))
    expect(failure).toMatchObject({ code: 'E_ENGINE', retryable: true, message: expect.stringContaining('LLM_API_KEY') })
    expect(logger.messages('error')).toEqual([expect.stringContaining('LLM_API_KEY')])
    expect(engine.workloads).toEqual([])
    expect(JSON.stringify([failure, logger.lines])).not.toContain('k-secret')
  })

  it('does not follow a redirect', async () => {
    const target = await setUpLlmServer()
    const { engine, server, logger } = await setUpLlmServer()
    server.script = (call) => call.answer(307, {}, { location: new URL(call.path, target.server.url).href })
    expect(await failureOf(runJob(engine, CHAT))).toMatchObject({
      code: 'E_ENGINE',
      message: expect.stringContaining('redirect'),
    })
    expect(target.server.calls).toEqual([])
    expect(logger.messages('error')).toEqual([expect.stringContaining('LLM_URL')])
  })

  it.each<[string, (call: GenerationCall) => void, string, string]>([
    ['ends before the text is complete', (call) => call.end(), 'E_ENGINE', 'before the text was complete'],
    ['breaks off', (call) => call.reset(), 'E_ENGINE', 'connection'],
    ['tells of an error', (call) => call.event({ error: { message: 'CUDA error' } }), 'E_ENGINE', 'CUDA error'],
    ['has an event that is no JSON', (call) => call.write('data: {"choi\n\n'), 'E_ENGINE', 'no JSON'],
    ['has an event of another API', (call) => call.event({ choices: 'x' }), 'E_ENGINE', 'none of this API'],
    ['is no UTF-8', (call) => call.write(new Uint8Array([0x64, 0xff])), 'E_ENGINE', 'no UTF-8'],
    ['has an endless event', (call) => call.write(`data: ${'x'.repeat(1_100_000)}`), 'E_ENGINE', 'longer than'],
  ])('is not asked for again when its stream %s behind some text', async (_, goOn, code, words) => {
    const { engine, server } = await setUpLlmServer()
    const hasText = { is: false }
    server.script = async (call) => {
      beginText(call)
      await eventually('the text has come', () => hasText.is)
      goOn(call)
    }
    const onProgress = (): void => {
      hasText.is = true
    }
    expect(await failureOf(runJob(engine, CHAT, { onProgress }))).toMatchObject({ code, message: expect.stringContaining(words) })
    expect(server.calls).toHaveLength(1)
    expect(engine.isAvailable).toBe(true)
  })

  it('closes the connection to a server that writes too much', async () => {
    const { engine, server } = await setUpLlmServer({ script: beginText })
    expect(await failureOf(runJob(engine, CHAT, { limits: { maxOutputBytes: 4 } }))).toMatchObject({ code: 'E_OUTPUT' })
    await server.calls[0]?.closed
  })

  it('counts the JSON around the text against the limit too', async () => {
    const { engine } = await setUpLlmServer({ script: completeText('abcdefgh') })
    expect(await failureOf(runJob(engine, CHAT, { limits: { maxOutputBytes: 20 } }))).toMatchObject({ code: 'E_OUTPUT' })
  })

  it('is not proved with a text that does not keep to its json_schema', async () => {
    const { engine } = await setUpLlmServer({ script: completeText('Sure! Here is your JSON') })
    const params = { ...CHAT, json_schema: { type: 'object' } }
    expect(await failureOf(runJob(engine, params))).toMatchObject({
      code: 'E_ENGINE',
      message: expect.stringContaining('json_schema'),
    })
  })

  it.each([
    [{ prompt: 5 }, 'E_INVALID'],
    [{ prompt: 'x'.repeat(1001) }, 'E_DENY'],
    [{ messages: [{ role: 'user', content: 'ä'.repeat(501) }] }, 'E_DENY'],
  ])('does not reach the server with params that cannot be: %#', async (params, code) => {
    const { engine, server } = await setUpLlmServer()
    expect(await failureOf(runJob(engine, params))).toMatchObject({ code })
    expect(server.calls).toEqual([])
  })
})

describe('the end of a job', () => {
  it('closes the connection at once when it is canceled, and tells the reason', async () => {
    const { engine, server } = await setUpLlmServer({ script: beginText })
    const cancel = new AbortController()
    const reason = new JobFailureError('E_SHUTDOWN', 'the miner stops')
    const running = runJob(engine, CHAT, { signal: cancel.signal, onProgress: () => cancel.abort(reason) })
    await expect(running).rejects.toBe(reason)
    await server.calls[0]?.closed
    expect(engine.status()[0]?.activeRuns).toBe(0)
  })

  it('comes with its time limit', async () => {
    const { engine, server, clock } = await setUpLlmServer({ script: (call) => call.begin() })
    const running = failureOf(runJob(engine, CHAT, { limits: { maxRuntimeS: 30 } }))
    await eventually('the request is there', () => server.calls.length === 1)
    await clock.advance(30_000)
    expect(await running).toMatchObject({ code: 'E_TIMEOUT' })
    await server.calls[0]?.closed
  })

  it('comes when the server falls silent in the middle', async () => {
    const { engine, server, clock } = await setUpLlmServer({ script: beginText })
    const pieces: unknown[] = []
    const running = failureOf(runJob(engine, CHAT, { onProgress: (piece) => pieces.push(piece) }))
    await eventually('the text has begun', () => pieces.length === 1)
    await clock.advance(60_000)
    expect(await running).toMatchObject({ code: 'E_ENGINE', message: expect.stringContaining('silent') })
    await server.calls[0]?.closed
  })

  it('does not come as long as the server lets it wait for its turn', async () => {
    const { engine, server, clock } = await setUpLlmServer({ script: (call) => call.begin() })
    const running = runJob(engine, CHAT)
    await eventually('the request is there', () => server.calls.length === 1)
    await clock.advance(300_000)
    const call = server.calls[0]
    call?.event(chunk(call, 'at last', { finish_reason: 'stop' }))
    call?.end()
    expect(outputOf(await running)).toMatchObject({ text: 'at last' })
  })

  it('comes at once when it is canceled during a look at the server', async () => {
    const { engine, server } = await setUpLlmServer()
    server.isMute = true
    const looksBefore = server.looks.length
    const cancel = new AbortController()
    const running = failureOf(runJob(engine, { ...CHAT, model: 'a new one' }, { signal: cancel.signal }))
    await eventually('the engine looks again', () => server.looks.length > looksBefore)
    cancel.abort()
    expect(await running).toMatchObject({ code: 'E_CANCELED' })
  })

  it('comes when the engine is stopped', async () => {
    const { engine, server } = await setUpLlmServer({ script: beginText })
    const running = failureOf(runJob(engine, CHAT))
    await eventually('the request is there', () => server.calls.length === 1)
    await engine.stop()
    expect(await running).toMatchObject({ code: 'E_SHUTDOWN' })
    expect(await failureOf(runJob(engine, CHAT))).toMatchObject({ code: 'E_SHUTDOWN' })
    expect(engine.status()[0]?.state).toBe('stopped')
  })
})

describe('several jobs', () => {
  it('are at most so many at the server as the operator allows', async () => {
    const { engine, server } = await setUpLlmServer({ concurrency: 2 })
    let inside = 0
    let most = 0
    server.script = (call) => {
      inside++
      most = Math.max(most, inside)
      call.begin()
    }
    const running = Promise.all(Array.from({ length: 6 }, () => runJob(engine, CHAT)))
    for (let done = 0; done < 6; done++) {
      // oxlint-disable-next-line no-await-in-loop -- one job ends after another
      await eventually('the places are taken', () => server.calls.length >= Math.min(6, done + 2))
      inside--
      const call = server.calls[done]
      if (call !== undefined) completeTail(call)
    }
    await running
    expect(server.calls).toHaveLength(6)
    expect(most).toBe(2)
  })

  it('can be canceled while they wait, and give up after their time', async () => {
    const { engine, server, clock } = await setUpLlmServer({ concurrency: 1, script: (call) => call.begin() })
    const stop = new AbortController()
    const first = failureOf(runJob(engine, CHAT, { signal: stop.signal }))
    await eventually('the first is there', () => server.calls.length === 1)
    const cancel = new AbortController()
    const second = failureOf(runJob(engine, CHAT, { signal: cancel.signal }))
    const third = failureOf(runJob(engine, CHAT, { limits: { maxRuntimeS: 5 } }))
    cancel.abort()
    expect(await second).toMatchObject({ code: 'E_CANCELED' })
    await clock.advance(5_000)
    expect(await third).toMatchObject({ code: 'E_ENGINE', retryable: true, message: expect.stringContaining('not free') })
    server.script = completeText('ok')
    stop.abort()
    await first
    expect(outputOf(await runJob(engine, CHAT))).toMatchObject({ text: 'ok' })
    expect(server.calls).toHaveLength(2)
  })
})

function textOf(progress: JobProgress): string {
  if (progress.type !== 'token') throw new Error(`a piece of text was expected, not ${progress.type}`)
  return progress.data
}

function completeTail(call: GenerationCall): void {
  call.event(chunk(call, '', { finish_reason: 'stop' }))
  call.write('data: [DONE]\n\n')
  call.end()
}
