import type { BundledPart } from './bundled-parts.ts'
import type { EmbeddedModel } from './embedded-models.ts'
import type { ShippedPart } from './shipped-parts.ts'

const INTRODUCTION = `# Licences

<!-- Written by "npm run licences" from package-lock.json, packaging/third-party/bundled-parts.json and models/catalogue.json. -->

What the Debian packages contain, and under which licences. The miner itself is under the MIT licence. Each package has the texts in
\`/usr/share/doc/PACKAGE/copyright\`, and a list of its files and parts in CycloneDX's form in \`/usr/share/doc/PACKAGE/PACKAGE.cdx.json.gz\`.

\`npm run check\` is red when a part comes under a licence that \`scripts/supply-chain/licence-policy.ts\` does not allow: one that nobody here
has judged, or one whose conditions reach the whole program. Of a choice of licences, one allowed is enough.
`

/** What the page tells of. */
export interface LicencesFacts {
  readonly parts: readonly ShippedPart[]
  /** The parts in binaries, by the name of what they are in. */
  readonly bundled: ReadonlyMap<string, readonly BundledPart[]>
  readonly models: readonly EmbeddedModel[]
}

/** docs/licences.md. */
export function licencesPage({ parts, bundled, models }: LicencesFacts): string {
  const sections = [...bundled].map(
    ([name, inside]) =>
      `## In ${name}\n\n${table(
        ['part', 'version', 'licence', 'copyright'],
        inside.map((part) => [`[${part.name}](${part.url})`, part.version ?? '', part.licence, part.copyright ?? 'none claimed']),
      )}`,
  )
  return [
    INTRODUCTION,
    `## Models\n\n${table(
      ['model', 'licence', 'sha256'],
      models.map(({ name, licence, sha256 }) => [name, licence, `\`${sha256}\``]),
    )}`,
    ...sections,
    `## npm packages, Node among them\n\n${table(
      ['package', 'version', 'licence', 'in'],
      parts.map(({ name, version, licence, debs }) => [name, version, licence ?? '', debs.map(shortened).join(', ')]),
    )}`,
  ].join('\n')
}

function shortened(deb: string): string {
  return deb.replace('aitbc-', '')
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heading, heading.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}
