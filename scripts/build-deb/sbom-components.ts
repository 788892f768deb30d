import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Enums, Models } from '@cyclonedx/cyclonedx-library'
import { PackageURL } from 'packageurl-js'
import type { BundledPart } from '../supply-chain/bundled-parts.ts'
import type { EmbeddedModel } from '../supply-chain/embedded-models.ts'
import type { LockedPackage } from './lock-file.ts'
import type { StagedTree } from './staged-tree.ts'

/** Where npm packages are taken from. */
const REGISTRY = 'https://registry.npmjs.org/'

/** A file of the package, by its path in the installed system, with its hash; a link with what it points to. */
export function fileComponent(tree: StagedTree, path: string): Models.Component {
  const place = join(tree.root, path)
  const component = new Models.Component(Enums.ComponentType.File, `/${path}`)
  if (lstatSync(place).isSymbolicLink()) {
    component.properties.add(new Models.Property('aitbc-miner:link-target', readlinkSync(place)))
  } else {
    component.hashes.set(Enums.HashAlgorithm['SHA-256'], createHash('sha256').update(readFileSync(place)).digest('hex'))
  }
  return component
}

/**
 * An npm package. Its files were chosen and stripped, so its hash is that of the tarball which they came from. `place` tells copies
 * in several folders apart.
 */
export function npmComponent(shipped: LockedPackage, place: string): Models.Component {
  const { name, version, licence, integrity } = shipped
  const [scope, plain] = name.startsWith('@') ? name.split('/') : [undefined, name]
  const isNode = name.startsWith('node-linux-')
  const type = isNode ? Enums.ComponentType.Platform : Enums.ComponentType.Library
  const component = new Models.Component(type, plain ?? name, {
    bomRef: place,
    version,
    purl: new PackageURL('npm', scope, plain ?? name, version, undefined, undefined).toString(),
  })
  // What lists of known faults call it, which do not know that package.
  if (isNode) component.cpe = `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`
  if (scope !== undefined) component.group = scope
  if (licence !== null) component.licenses.add(new Models.LicenseExpression(licence))
  const tarball = `${REGISTRY}${name}/-/${plain ?? name}-${version}.tgz`
  const source = new Models.ExternalReference(tarball, Enums.ExternalReferenceType.Distribution)
  if (integrity !== null) source.hashes.set(Enums.HashAlgorithm['SHA-512'], hexOf(integrity))
  component.externalReferences.add(source)
  return component
}

/** Software that is compiled into a file of an npm package. */
export function bundledComponent({ name, version, licence, copyright, url }: BundledPart, place: string): Models.Component {
  const component = new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: `${place}#${name}`,
    purl: new PackageURL('generic', undefined, name, version, undefined, undefined).toString(),
  })
  if (version !== undefined) component.version = version
  if (copyright !== undefined) component.copyright = `Copyright (c) ${copyright}`
  component.licenses.add(new Models.LicenseExpression(licence))
  component.externalReferences.add(new Models.ExternalReference(url, Enums.ExternalReferenceType.Website))
  return component
}

/** A model, with the hash that a job names it by: that of its file, or of the listing of its files. */
export function modelComponent({ name, licence, sha256 }: EmbeddedModel): Models.Component {
  const component = new Models.Component(Enums.ComponentType.MachineLearningModel, name, { bomRef: `model:${name}` })
  component.licenses.add(new Models.LicenseExpression(licence))
  component.properties.add(new Models.Property('aitbc-miner:model-sha256', sha256))
  return component
}

function hexOf(integrity: string): string {
  return Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex')
}
