import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeStartFailure } from '../../../mock-coordinator/describe-start-failure.ts'
import { startCoordinator } from '../../../mock-coordinator/server.ts'

describe('describeStartFailure', () => {
  it('names the port that is taken, and the option that gives another', async () => {
    const other = createServer()
    onTestFinished(() => {
      other.close()
    })
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => {
        const address = other.address()
        resolve(address !== null && typeof address === 'object' ? address.port : 0)
      })
    })
    const error = await startCoordinator({ port }).catch((reason: unknown) => reason)
    expect(describeStartFailure(error, { host: '127.0.0.1', port })).toBe(
      `another program listens on port ${port} of 127.0.0.1: end it, or take another port with --port (0 takes any free one)`,
    )
  })

  it.each(['EADDRNOTAVAIL', 'ENOTFOUND'])('names a host that is not this machine (%s)', (code) => {
    const error = Object.assign(new Error('listen failed'), { code })
    expect(describeStartFailure(error, { host: '192.0.2.1', port: 80 })).toContain('192.0.2.1 is no address of this machine')
  })

  it('passes on what it has no advice for', () => {
    expect(describeStartFailure(new Error('keys.json: no such file'), { host: '127.0.0.1', port: 1 })).toBe(
      'keys.json: no such file',
    )
  })
})
