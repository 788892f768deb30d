/** The ceiling of dispatch: Express with two handlers that do nothing but parse and answer. Prints its URL. */
import express from 'express'

const app = express()
app.use(express.json())
let next = 0
app.get('/v1/miner/next', (_request, response) => {
  next += 1
  response.json({ id: `job_${next}`, workload: 'torch_bench', params: { size: 1, iterations: 1 } })
})
app.post('/v1/miner/proof', (request, response) => {
  response.status(201).json({ ...request.body, status: 'accepted' })
})
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.stdout.write(`http://127.0.0.1:${address.port}\n`)
})
