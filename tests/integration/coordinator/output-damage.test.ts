import { createHash } from 'node:crypto'
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { outputDamage } from '../../../src/coordinator/output-damage.ts'
import type { JobOutput } from '../../../src/domain/outcome.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function keptOutput(): Promise<{ path: string; output: JobOutput }> {
  const data = Buffer.alloc(200_000, 7)
  const path = join(tempDir(), 'output')
  await writeFile(path, data)
  const sha256 = createHash('sha256').update(data).digest('hex')
  return { path, output: { mediaType: 'image/png', sha256, sizeBytes: data.length, bytes: { kind: 'file', path } } }
}

describe('outputDamage', () => {
  it('finds none in a file that is as it was', async () => {
    const { output } = await keptOutput()
    expect(await outputDamage(output)).toBeNull()
  })

  it.each([
    ['was cut short', (path: string) => truncate(path, 100), 'changed or is damaged'],
    ['has other bytes', (path: string) => writeFile(path, Buffer.alloc(200_000, 8)), 'changed or is damaged'],
    ['is gone', (path: string) => rm(path), 'gone'],
    ['is a folder now', (path: string) => rm(path).then(() => mkdir(path)), 'gone'],
  ] as const)('tells of a file that %s', async (_how, damage, reason) => {
    const { path, output } = await keptOutput()
    await damage(path)
    expect(await outputDamage(output)).toContain(reason)
  })
})
