import { describe, expect, it } from 'vitest'
import { isForTarget, TARGETS } from '../../../../scripts/build-deb/target.ts'

const PACKAGES = [
  'zod',
  'simple-git',
  '@node-llama-cpp/linux-x64',
  '@node-llama-cpp/linux-x64-vulkan',
  '@node-llama-cpp/linux-x64-cuda',
  '@node-llama-cpp/linux-x64-cuda-ext',
  '@node-llama-cpp/linux-arm64',
  '@node-llama-cpp/mac-arm64-metal',
  '@node-llama-cpp/win-x64',
  '@reflink/reflink',
  '@reflink/reflink-linux-x64-gnu',
  '@reflink/reflink-linux-x64-musl',
  '@reflink/reflink-linux-arm64-gnu',
  '@reflink/reflink-darwin-x64',
]

describe('isForTarget', () => {
  it.each([
    ['amd64', ['@node-llama-cpp/linux-x64', '@node-llama-cpp/linux-x64-vulkan', '@reflink/reflink-linux-x64-gnu']],
    ['arm64', ['@node-llama-cpp/linux-arm64', '@reflink/reflink-linux-arm64-gnu']],
  ])('knows the native packages of %s by their names, and those that are for all', (architecture, native) => {
    const targets = TARGETS.filter((entry) => entry.architecture === architecture)
    const kept = targets.flatMap((target) => PACKAGES.filter((name) => isForTarget(name, target)))
    expect(kept.toSorted()).toEqual(['zod', 'simple-git', '@reflink/reflink', ...native].toSorted())
  })
})
