/**
 * `npm run bench [-- NAME …]`: what the miner adds to the bare libraries, measured in this run. Names: start, dispatch,
 * pick-up, llm, diffusion, onnx, torch; all of them without one. Takes some minutes; close other programs first. Exits 1 when a target is missed.
 */
import { writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import Table from 'cli-table3'
import { readOptions, refuseArguments } from '../scripts/read-options.ts'
import { benchDiffusion } from './diffusion.ts'
import { benchDispatch } from './dispatch.ts'
import type { Figure } from './figures.ts'
import { benchLlm } from './llm.ts'
import { benchOnnx } from './onnx.ts'
import { benchPickUp } from './pick-up.ts'
import { benchStartAndIdle } from './start-and-idle.ts'
import { benchTorch } from './torch.ts'

const BENCHES: Readonly<Record<string, () => Promise<Figure[]>>> = {
  start: benchStartAndIdle,
  'pick-up': benchPickUp,
  dispatch: benchDispatch,
  llm: benchLlm,
  diffusion: benchDiffusion,
  onnx: benchOnnx,
  torch: benchTorch,
}

const USAGE = `Usage: npm run bench -- [NAME …] [--json FILE]
Names: ${Object.keys(BENCHES).join(', ')}
`

const { positionals, values } = readOptions(USAGE, { allowPositionals: true, options: { json: { type: 'string' } } })
const unknown = positionals.filter((name) => BENCHES[name] === undefined)
if (unknown.length > 0) refuseArguments(USAGE, `no bench named ${unknown.join(', ')}`)

process.stdout.write(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}\n`)
const figures: Figure[] = []
for (const [name, bench] of Object.entries(BENCHES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  process.stdout.write(`measuring ${name} …\n`)
  figures.push(...(await bench()))
}

const table = new Table({ head: ['what', 'ours', 'against', 'ratio', 'target', ''] })
for (const { what, ours, peer, ratio, target, isMet } of figures) {
  table.push([what, ours, peer, ratio === null ? '' : ratio.toFixed(2), target, isMet ? 'met' : 'MISSED'])
}
process.stdout.write(`${table.toString()}\n`)
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`)
process.exitCode = figures.every((figure) => figure.isMet) ? 0 : 1
