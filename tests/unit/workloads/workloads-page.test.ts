import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { JobSubmissionSchema } from '../../../src/protocol/client-jobs.ts'
import { llmGenParams } from '../../../src/workloads/llm-gen/schema.ts'
import { onnxInferParams } from '../../../src/workloads/onnx-infer/schema.ts'
import { sdInferParams } from '../../../src/workloads/sd-infer/schema.ts'
import { torchBenchParams } from '../../../src/workloads/torch-bench/schema.ts'

const page = readFileSync('docs/workloads.md', 'utf8')

/** Each with the least params that it takes. */
const WORKLOADS = [
  { name: 'llm_gen', schema: llmGenParams, least: { prompt: 'x' } },
  { name: 'sd_infer', schema: sdInferParams, least: { prompt: 'x' } },
  { name: 'onnx_infer', schema: onnxInferParams, least: {} },
  { name: 'torch_bench', schema: torchBenchParams, least: {} },
]

function sectionOf(name: string): string {
  return page.split(/^## /m).find((section) => section.startsWith(`\`${name}\``)) ?? ''
}

describe('docs/workloads.md', () => {
  it.each(WORKLOADS)('has all params of $name in their order, with their defaults', ({ name, schema, least }) => {
    const rows = [...sectionOf(name).matchAll(/^\| `(\w+)` \| (?:`(.*?)` )?\|/gm)]
    expect(rows.map(([, param]) => param)).toEqual(Object.keys(schema.shape))
    const written = rows.flatMap(([, param = '', value]) => (value === undefined ? [] : [[param, JSON.parse(value) as unknown]]))
    expect({ ...least, ...Object.fromEntries(written) }).toEqual(schema.parse(least))
  })

  it.each(WORKLOADS)('has an example of $name that a coordinator and the miner take', ({ name, schema }) => {
    const example = /```json\n(.*?)```/s.exec(sectionOf(name))?.[1] ?? ''
    const job = JobSubmissionSchema.parse(JSON.parse(example))
    expect(job.workload).toBe(name)
    expect(schema.safeParse(job.params).error).toBeUndefined()
  })
})
