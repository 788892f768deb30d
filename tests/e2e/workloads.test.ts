import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { localCoordinator } from '../support/local-coordinator.ts'
import { KEYS, testMinerHome } from '../support/miner-home.ts'
import { startOpenAiServer } from '../support/openai-server.ts'

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url))

describe('every workload, from the client and back', () => {
  it('draws a red circle on a white background', async () => {
    const { coordinator, client } = await localCoordinator()
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    const params = { prompt: 'a red circle on a white background', guidance_scale: 5, scheduler: 'ddim', seed: 1 }
    const { id } = await client.submit({ workload: 'sd_infer', params })
    const steps: unknown[] = []
    for await (const event of client.events(id)) if (event.type === 'progress') steps.push(event.data)
    const view = await client.view(id)
    expect(view).toMatchObject({ state: 'completed', output: { media_type: 'image/png' } })
    const png = await client.output(id)
    expect(createHash('sha256').update(png).digest('hex')).toBe(view.receipt?.output_sha)
    const { width, height, data } = decode(png)
    expect([width, height]).toEqual([64, 64])
    const pixel = (x: number, y: number): number[] => Array.from(data.slice(3 * (y * 64 + x), 3 * (y * 64 + x) + 3))
    const [red = 0, green = 255, blue = 255] = pixel(32, 32)
    expect(red).toBeGreaterThan(180)
    expect(Math.max(green, blue)).toBeLessThan(80)
    for (const corner of [pixel(1, 1), pixel(62, 1), pixel(1, 62), pixel(62, 62)])
      expect(Math.min(...corner)).toBeGreaterThan(220)
    expect(steps.length).toBeGreaterThan(0)
    expect(await miner.stop()).toBe(0)
  })

  it('runs any ONNX model on tensors from the job, and gives tensors back', async () => {
    const { coordinator, client } = await localCoordinator()
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const miner = start()
    const latent = { dtype: 'float32', shape: [1, 4, 16, 16], data: Array.from({ length: 1024 }, (_, at) => Math.sin(at)) }
    const { id } = await client.submit({
      workload: 'onnx_infer',
      params: { model: 'tiny-sd-decoder', inputs: { latent_sample: latent } },
    })
    expect(await client.finished(id)).toMatchObject({ state: 'completed', output: { media_type: 'application/vnd.safetensors' } })
    const output = await client.output(id)
    const header: unknown = JSON.parse(output.subarray(8, 8 + Number(output.readBigUInt64LE(0))).toString('utf8'))
    expect(header).toEqual({ sample: { dtype: 'F32', shape: [1, 3, 64, 64], data_offsets: [0, 49_152] } })
    const { id: bad } = await client.submit({ workload: 'onnx_infer', params: { model: 'tiny-sd-decoder', inputs: { latent } } })
    expect(await client.finished(bad)).toMatchObject({
      error: { code: 'E_INVALID', message: expect.stringContaining('latent_sample') },
    })
    expect(await miner.stop()).toBe(0)
  })

  it('fetches a model that the operator lets jobs name, keeps it, and does the next job without fetching it again', async () => {
    const { coordinator, client } = await localCoordinator()
    const { home, start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url })
    const shelf = join(home.dir, 'shelf')
    mkdirSync(shelf)
    // A byte more is another model with another hash, which still loads.
    const bytes = Buffer.concat([readFileSync(join(MODELS, 'tiny-llm/tiny-llm-f16.gguf')), Buffer.from([0])])
    writeFileSync(join(shelf, 'renamed.gguf'), bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    await home.configure({ ...KEYS, COORD_URL: coordinator.url, MODEL_PATHS: shelf })
    const miner = start()
    const job = {
      workload: 'llm_gen',
      params: { prompt: 'The capital of France is', max_tokens: 2 },
      model: { name: 'renamed', uri: pathToFileURL(join(shelf, 'renamed.gguf')).href, sha256 },
    }
    const first = await client.submit(job)
    expect(await client.finished(first.id)).toMatchObject({ state: 'completed' })
    const second = await client.submit(job)
    expect(await client.finished(second.id)).toMatchObject({ state: 'completed' })
    const log = readFileSync(join(home.dir, 'miner.log'), 'utf8')
    expect(log.match(/"model fetched"/g)).toHaveLength(1)
    const outside = await client.submit({ ...job, model: { ...job.model, uri: 'file:///etc/passwd', sha256: '0'.repeat(64) } })
    expect(await client.finished(outside.id)).toMatchObject({ error: { code: 'E_DENY' } })
    const wrong = await client.submit({ ...job, model: { ...job.model, sha256: '1'.repeat(64) } })
    expect(await client.finished(wrong.id)).toMatchObject({ error: { code: 'E_INPUT' } })
    expect(await miner.stop()).toBe(0)
  })

  it("generates on the operator's own server, and offers that server's models", async () => {
    const server = await startOpenAiServer({
      script: (call) => {
        call.begin()
        call.event({ choices: [{ index: 0, text: ' Paris.', finish_reason: null, token_ids: [5, 6] }] })
        call.event({
          choices: [{ index: 0, text: '', finish_reason: 'stop' }],
          usage: { prompt_tokens: 5, completion_tokens: 2 },
        })
        call.write('data: [DONE]\n\n')
        call.end()
      },
    })
    const { coordinator, client } = await localCoordinator()
    const { start } = await testMinerHome({ ...KEYS, COORD_URL: coordinator.url, LLM_BACKEND: 'http', LLM_URL: server.url.href })
    const miner = start()
    const { id } = await client.submit({ workload: 'llm_gen', params: { prompt: 'The capital of France is' } })
    expect(await client.finished(id)).toMatchObject({ state: 'completed' })
    expect(JSON.parse(String(await client.output(id)))).toMatchObject({ text: ' Paris.', finish_reason: 'stop' })
    expect(server.calls).toHaveLength(1)
    expect(await miner.stop()).toBe(0)
  })
})
