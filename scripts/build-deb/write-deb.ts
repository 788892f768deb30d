import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { debControl } from './deb-control.ts'
import { runTool } from './run-tool.ts'
import { StagedTree } from './staged-tree.ts'

const CONTROL_FILES = ['preinst', 'postinst', 'prerm', 'postrm', 'triggers'] as const

/** 0 takes a third of the time of 6 and makes a package a fifth larger: for tests. */
export type Compression = 0 | 6

export interface DebFacts {
  readonly packageName: string
  readonly version: string
  readonly architecture: string
  /** The folder with the control file and the maintainer scripts. */
  readonly packaging: string
  /** Seconds since 1970, of every file in the package. */
  readonly seconds: number
  /** The folder that the package is put in. */
  readonly output: string
  /** How hard xz tries. */
  readonly compression: Compression
}

export interface WrittenDeb {
  readonly path: string
  readonly packageBytes: number
  readonly installedBytes: number
}

/**
 * Packs a tree: adds the control file, the maintainer scripts, the list of conffiles (all that is below etc/) and the MD5 sums, and
 * has dpkg-deb do the rest. For one tree the package is the same to the byte wherever and by whomever it is built.
 */
export function writeDeb(tree: StagedTree, facts: DebFacts): WrittenDeb {
  const { packageName, version, architecture, packaging, seconds, output, compression } = facts
  const files = tree.files()
  const installedKib = tree.installedKib()
  const control = new StagedTree(join(tree.root, 'DEBIAN'))
  control.write('control', debControl(join(packaging, 'control'), { version, architecture, installedKib }))
  control.write(
    'md5sums',
    files
      .filter((path) => isPlainFile(tree, path) && !isConffile(path))
      .map(md5Line(tree))
      .join(''),
  )
  const conffiles = files.filter(isConffile)
  if (conffiles.length > 0) control.write('conffiles', conffiles.map((path) => `/${path}\n`).join(''))
  for (const name of CONTROL_FILES) {
    const source = join(packaging, name)
    if (statSync(source, { throwIfNoEntry: false }) !== undefined) control.copy(source, name, name === 'triggers' ? 0o644 : 0o755)
  }
  tree.settle(seconds)
  const path = join(output, `${packageName}_${version}_${architecture}.deb`)
  rmSync(path, { force: true })
  // xz, since Debian's own tools for checking packages take nothing newer.
  runTool(['dpkg-deb', '--root-owner-group', '-Zxz', `-z${compression}`, '--build', tree.root, path], {
    debianPackage: 'dpkg',
    env: { SOURCE_DATE_EPOCH: String(seconds) },
  })
  return { path, packageBytes: statSync(path).size, installedBytes: installedKib * 1024 }
}

function isConffile(path: string): boolean {
  return path.startsWith('etc/')
}

function isPlainFile(tree: StagedTree, path: string): boolean {
  return lstatSync(join(tree.root, path)).isFile()
}

function md5Line(tree: StagedTree): (path: string) => string {
  return (path) =>
    `${createHash('md5')
      .update(readFileSync(join(tree.root, path)))
      .digest('hex')}  ${path}\n`
}
