import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runtimeFiles } from '../../../../scripts/build-deb/runtime-files.ts'
import { tempDir } from '../../../support/temp-dir.ts'

const ARM = { architecture: 'arm64', cpu: 'arm64', gnuTriplet: 'aarch64-linux-gnu' } as const

function packageOf(...files: readonly string[]): string {
  const folder = tempDir()
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), '')
  }
  return folder
}

describe('runtimeFiles', () => {
  it('keeps code, data and libraries, and leaves types, maps, sources, documents, tests and nested packages', () => {
    const kept = [
      'dist/index.mjs',
      'index.cjs',
      'lib/a.js',
      'lib/libx.so',
      'lib/libx.v0.5.0.so',
      'lib/liby.so.1',
      'package.json',
      'x.node',
    ]
    const left = ['LICENSE', 'README.md', 'a.test.js', 'docs/a.js', 'index.d.ts', 'index.js.map', 'node_modules/b/b.js']
    const folder = packageOf(...kept, ...left, 'src/a.c', 'src/index.ts', 'test/a.js', 'tsconfig.build.json', '.github/a.json')
    expect(runtimeFiles(folder, 'anything', ARM)).toEqual(kept)
  })

  it("takes ONNX Runtime's libraries for the target alone", () => {
    const libraries = ['linux/arm64', 'linux/x64', 'win32/arm64', 'darwin/arm64'].map(
      (part) => `bin/napi-v6/${part}/binding.node`,
    )
    const folder = packageOf('dist/index.js', 'script/install.js', ...libraries)
    expect(runtimeFiles(folder, 'onnxruntime-node', ARM)).toEqual(['bin/napi-v6/linux/arm64/binding.node', 'dist/index.js'])
  })

  it("leaves node-llama-cpp's sources of llama.cpp and its templates", () => {
    const folder = packageOf(
      'dist/index.js',
      'llama/binariesGithubRelease.json',
      'llama/addon/package.json',
      'templates/packed/node.json',
    )
    expect(runtimeFiles(folder, 'node-llama-cpp', ARM)).toEqual(['dist/index.js', 'llama/binariesGithubRelease.json'])
  })
})
