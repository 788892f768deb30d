import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { groupMembers } from '../../support/group-members.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { fixtureEngine } from './engine-fixture.ts'

it('a child that computes does not outlive a host that was killed', async () => {
  const host = spawn(process.execPath, [fixtureEngine('mining-program'), tempDir()], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => {
    host.kill('SIGKILL')
  })
  const [line] = await once(host.stdout, 'data')
  const groupId = Number.parseInt(String(line), 10)
  expect(groupMembers(groupId)).toContain(groupId)
  host.kill('SIGKILL')
  await expect.poll(() => groupMembers(groupId)).toEqual([])
})
