import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DiskWorkDirectories } from '../../../src/platform/disk-work-directories.ts'
import { tempDir } from '../../support/temp-dir.ts'

describe('DiskWorkDirectories', () => {
  it('makes folders that only their user can enter, empty each time', async () => {
    const root = join(tempDir(), 'a', 'work')
    const workDirs = new DiskWorkDirectories({ root, scope: 'miner' })
    await workDirs.open()
    const path = await workDirs.create(7)
    expect(dirname(path)).toBe(join(root, 'miner'))
    expect(statSync(path).mode & 0o777).toBe(0o700)
    writeFileSync(join(path, 'left'), '')
    expect(readdirSync(await workDirs.create(7))).toEqual([])
  })

  it('lends an empty folder again, and a full one never', async () => {
    const workDirs = new DiskWorkDirectories({ root: tempDir(), scope: 'miner' })
    await workDirs.open()
    const first = await workDirs.create(1)
    await workDirs.remove(1)
    expect(await workDirs.create(2)).toBe(first)
    writeFileSync(join(first, 'left'), '')
    await workDirs.remove(2)
    expect(existsSync(first)).toBe(false)
    const [third, fourth] = [await workDirs.create(3), await workDirs.create(4)]
    expect(third).not.toBe(fourth)
    expect([third, fourth].map((path) => readdirSync(path))).toEqual([[], []])
  })

  it('goes on when something has tidied its scope away', async () => {
    const root = join(tempDir(), 'work')
    const workDirs = new DiskWorkDirectories({ root, scope: 'miner' })
    await workDirs.open()
    await workDirs.create(1)
    await workDirs.remove(1)
    rmSync(root, { recursive: true })
    expect(readdirSync(await workDirs.create(2))).toEqual([])
  })

  it('removes leftovers of its own scope, and nothing of another', async () => {
    const root = tempDir()
    for (const scope of ['mine', 'other']) mkdirSync(join(root, scope, '3', 'deep'), { recursive: true })
    await new DiskWorkDirectories({ root, scope: 'mine' }).open()
    expect(readdirSync(join(root, 'mine'))).toEqual([])
    expect(readdirSync(join(root, 'other'))).toEqual(['3'])
  })

  it('removes links without following them, and folders that a job made unwritable', async () => {
    const base = tempDir()
    const treasure = join(base, 'treasure')
    mkdirSync(treasure)
    writeFileSync(join(treasure, 'gold'), '')
    const workDirs = new DiskWorkDirectories({ root: join(base, 'work'), scope: 'miner' })
    await workDirs.open()
    const path = await workDirs.create(1)
    mkdirSync(join(path, 'locked', 'inner'), { recursive: true })
    writeFileSync(join(path, 'locked', 'inner', 'file'), '')
    symlinkSync(treasure, join(path, 'locked', 'link'))
    chmodSync(join(path, 'locked', 'inner'), 0o000)
    chmodSync(join(path, 'locked'), 0o500)
    await workDirs.remove(1)
    await workDirs.remove(1)
    expect(existsSync(path)).toBe(false)
    expect(readdirSync(treasure)).toEqual(['gold'])
  })

  it.for(['root', 'scope'] as const)('refuses a %s that is a link', async (place) => {
    const base = tempDir()
    mkdirSync(join(base, 'real'))
    const root = join(base, 'work')
    if (place === 'scope') mkdirSync(root, { mode: 0o700 })
    symlinkSync(join(base, 'real'), place === 'root' ? root : join(root, 'miner'))
    await expect(new DiskWorkDirectories({ root, scope: 'miner' }).open()).rejects.toMatchObject({
      code: 'AITBC_WORK_DIR',
      message: expect.stringContaining('is a link or no folder'),
    })
  })

  it('refuses a root that others can write to, unless it is sticky', async () => {
    const root = tempDir()
    chmodSync(root, 0o777)
    await expect(new DiskWorkDirectories({ root, scope: 'miner' }).open()).rejects.toMatchObject({
      message: expect.stringContaining('chmod go-w'),
    })
    chmodSync(root, 0o1777)
    await new DiskWorkDirectories({ root, scope: 'miner' }).open()
    expect(statSync(join(root, 'miner')).mode & 0o777).toBe(0o700)
  })

  it('says which folder cannot be made', async () => {
    const file = join(tempDir(), 'file')
    writeFileSync(file, '')
    await expect(new DiskWorkDirectories({ root: join(file, 'work'), scope: 'miner' }).open()).rejects.toMatchObject({
      code: 'AITBC_WORK_DIR',
      message: expect.stringContaining(join(file, 'work')),
    })
  })

  it('leaves nothing behind when it is closed, and removes nothing that was put in its place', async () => {
    const root = join(tempDir(), 'work')
    const workDirs = new DiskWorkDirectories({ root, scope: 'miner' })
    await workDirs.open()
    writeFileSync(join(await workDirs.create(1), 'scratch'), 'x')
    await workDirs.close()
    expect(readdirSync(root)).toEqual([])

    await workDirs.open()
    renameSync(join(root, 'miner'), join(root, 'moved'))
    mkdirSync(join(root, 'miner'))
    await workDirs.close()
    expect(readdirSync(root)).toEqual(['miner', 'moved'])
  })

  it('finds in a check what keeps jobs from working, and that it works again', async () => {
    const root = join(tempDir(), 'work')
    const workDirs = new DiskWorkDirectories({ root, scope: 'miner' })
    await workDirs.open()
    await workDirs.check()
    expect(readdirSync(join(root, 'miner'))).toEqual([])
    rmSync(root, { recursive: true })
    writeFileSync(root, '')
    await expect(workDirs.check()).rejects.toMatchObject({ code: 'AITBC_WORK_DIR', message: expect.stringContaining(root) })
    await expect(workDirs.create(1)).rejects.toMatchObject({ code: 'AITBC_WORK_DIR' })
    rmSync(root)
    await workDirs.check()
    expect(readdirSync(await workDirs.create(1))).toEqual([])
  })

  it('does not follow a link that took the place of its root while it ran', async () => {
    const base = tempDir()
    const root = join(base, 'work')
    const workDirs = new DiskWorkDirectories({ root, scope: 'miner' })
    await workDirs.open()
    await workDirs.create(1)
    await workDirs.remove(1)
    rmSync(root, { recursive: true })
    mkdirSync(join(base, 'trap', 'miner', '1'), { recursive: true })
    symlinkSync(join(base, 'trap'), root)
    await expect(workDirs.create(2)).rejects.toMatchObject({ message: expect.stringContaining('is a link or no folder') })
  })
})
