import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RuleTargets } from '../../../../src/engine/sandbox/rule-targets.ts'
import { tempDir } from '../../../support/temp-dir.ts'

function targets(): { workRoot: string; models: string; file: string; rules: RuleTargets } {
  const folder = tempDir()
  const workRoot = join(folder, 'work')
  const models = join(folder, 'models')
  const file = join(folder, 'own', 'unet.onnx')
  for (const path of [workRoot, models, join(folder, 'own')]) mkdirSync(path)
  writeFileSync(file, '')
  const rules = new RuleTargets({ workRoot, read: [models, file] })
  rules.note()
  return { workRoot, models, file, rules }
}

describe('RuleTargets', () => {
  it('hold for what is as it was', () => {
    const { workRoot, models, file, rules } = targets()
    expect(rules.holdFor([join(workRoot, '1'), join(models, 'a', 'b.gguf')])).toBe(true)
    expect(rules.holdFor([join(workRoot, '1'), file])).toBe(true)
  })

  it('do not hold for what lies in a folder that was removed, and say nothing against the others', () => {
    const { workRoot, models, rules } = targets()
    rmSync(models, { recursive: true })
    expect(rules.holdFor([join(workRoot, '1'), join(models, 'a', 'b.gguf')])).toBe(false)
    expect(rules.holdFor([join(workRoot, '1')])).toBe(true)
  })

  it('do not hold for a model in a folder of which a file was exchanged', () => {
    const { file, rules } = targets()
    writeFileSync(`${file}.new`, '')
    renameSync(`${file}.new`, file)
    expect(rules.holdFor([join(file, '..')])).toBe(false)
  })

  it('hold again for the engine that is started next', () => {
    const { workRoot, rules } = targets()
    rmSync(workRoot, { recursive: true })
    rules.note()
    expect(rules.holdFor([join(workRoot, '1')])).toBe(true)
    mkdirSync(workRoot)
    expect(rules.holdFor([join(workRoot, '1')])).toBe(false)
  })
})
