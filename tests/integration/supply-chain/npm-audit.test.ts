import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { askNpmAudit } from '../../../scripts/supply-chain/npm-audit.ts'
import type { AuditAnswer } from '../../../scripts/supply-chain/npm-audit.ts'
import { tempDir } from '../../support/temp-dir.ts'

const ADVISORY = {
  id: 1,
  url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
  title: 'Reads too far',
  severity: 'high',
  vulnerable_versions: '<2.0.0',
  cwe: [],
  cvss: { score: 0, vectorString: null },
}

/** Asks a registry, which answers each request in this way, about a project with the package `a`, version 1.0.0. */
async function audited(registry: string): Promise<AuditAnswer> {
  const folder = tempDir()
  const manifest = { name: 'project', version: '1.0.0', dependencies: { a: '1.0.0' } }
  const packages = { '': manifest, 'node_modules/a': { version: '1.0.0' } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ ...manifest, lockfileVersion: 3, requires: true, packages }))
  return askNpmAudit(folder, { PATH: process.env['PATH'], HOME: folder, npm_config_registry: registry })
}

async function registryOf(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return `http://127.0.0.1:${address.port}/`
}

describe('askNpmAudit', () => {
  it('tells the advisories of the registry', async () => {
    const registry = await registryOf(({ method }, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(method === 'POST' ? { a: [ADVISORY] } : { name: 'a', versions: {}, 'dist-tags': {} }))
    })
    expect(await audited(registry)).toEqual({
      kind: 'answered',
      advisories: [
        { packageName: 'a', url: ADVISORY.url, title: 'Reads too far', severity: 'high', range: ADVISORY.vulnerable_versions },
      ],
    })
  })

  it('tells that a registry has none', async () => {
    const registry = await registryOf((_request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end('{}')
    })
    expect(await audited(registry)).toEqual({ kind: 'answered', advisories: [] })
  })

  it('tells when a registry does not take the question, or is not there', async () => {
    const registry = await registryOf((_request, response) => {
      response.writeHead(405)
      response.end()
    })
    expect(await audited(registry)).toEqual({ kind: 'unanswered', reason: expect.stringContaining('405') })
    expect(await audited('http://127.0.0.1:1/')).toEqual({ kind: 'unanswered', reason: expect.stringContaining('ECONNREFUSED') })
  })
})
