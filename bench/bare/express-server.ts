/** The ceiling of dispatch: Express with two handlers that do nothing but parse and answer. Prints its URL. */
import type { AddressInfo } from 'node:net'
import express from 'express'

const app = express()
app.use(express.json())
let next = 0
app.get('/v1/miner/next', (_request, response) => {
  next += 1
  response.json({ id: `job_${next}`, workload: 'torch_bench', params: { size: 1, iterations: 1 } })
})
app.post('/v1/miner/proof', (request, response) => {
  const { id, output_sha: outputSha } = request.body as { id: string; output_sha: string }
  response.status(201).json({ id, status: 'accepted', output_sha: outputSha })
})
const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
