import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { GroupSync } from '../../../src/journal/group-sync.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** A log whose syncs end when the test says so. */
function scripted(): { groupSync: GroupSync; commit: () => void; running: PromiseWithResolvers<void>[] } {
  const walPath = join(tempDir(), 'wal')
  writeFileSync(walPath, '')
  let commits = 0
  const running: PromiseWithResolvers<void>[] = []
  const groupSync = new GroupSync({
    walPath,
    commits: () => commits,
    dataSync: () => {
      const sync = Promise.withResolvers<void>()
      running.push(sync)
      return sync.promise
    },
  })
  groupSync.open()
  onTestFinished(() => groupSync.close())
  return { groupSync, running, commit: () => (commits += 1) }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('GroupSync', () => {
  it('lets calls that come while a sync runs wait for the next one, all for the same', async () => {
    const { groupSync, commit, running } = scripted()
    commit()
    const first = groupSync.sync()
    commit()
    const others = [groupSync.sync(), groupSync.sync(), groupSync.sync()]
    expect(running).toHaveLength(1)
    running[0]?.resolve()
    await first
    await turn()
    expect(running).toHaveLength(2)
    running[1]?.resolve()
    await Promise.all(others)
    expect(running).toHaveLength(2)
  })

  it('does not sync again when nothing was written since', async () => {
    const { groupSync, commit, running } = scripted()
    commit()
    const first = groupSync.sync()
    running[0]?.resolve()
    await first
    await groupSync.sync()
    expect(running).toHaveLength(1)
  })

  it('syncs what a former process may have left, before anything is written', () => {
    const { groupSync, running } = scripted()
    void groupSync.sync()
    expect(running).toHaveLength(1)
    running[0]?.resolve()
  })

  it('never claims success after a sync has failed', async () => {
    const { groupSync, commit, running } = scripted()
    commit()
    const first = groupSync.sync()
    const waiting = groupSync.sync()
    running[0]?.reject(new Error('EIO'))
    await expect(first).rejects.toThrow('EIO')
    await expect(waiting).rejects.toThrow('EIO')
    commit()
    await expect(groupSync.sync()).rejects.toThrow('EIO')
    expect(running).toHaveLength(1)
  })

  it('closes while a sync runs, and resolves after', async () => {
    const { groupSync, commit, running } = scripted()
    commit()
    const last = groupSync.sync()
    groupSync.close()
    running[0]?.resolve()
    await last
    commit()
    await groupSync.sync()
    expect(running).toHaveLength(1)
  })
})
