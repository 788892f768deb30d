import { describe, expect, it } from 'vitest'
import { debChangelog } from '../../../../scripts/build-deb/deb-changelog.ts'

const MARKDOWN = `# Changelog

Written for operators.

## Unreleased

### Added

- The daemon, which
  \`kill -9\` does not harm.
- A line that is so long that it has to be broken somewhere before its end, since Debian's changelogs are 80 columns wide.

## 0.1.0 - 2026-01-31

- The beginning.
`

describe('debChangelog', () => {
  it("writes the items of CHANGELOG.md in Debian's form, under the version that is packaged and the commit's time", () => {
    const text = debChangelog(MARKDOWN, { packageName: 'aitbc-miner', version: '0.2.0', seconds: 1_800_000_000 })
    expect(text).toBe(`aitbc-miner (0.2.0) unstable; urgency=medium

  * The daemon, which kill -9 does not harm.
  * A line that is so long that it has to be broken somewhere before its end,
    since Debian's changelogs are 80 columns wide.

 -- aitbc-miner maintainers <maintainers@aitbc-miner.invalid>  Fri, 15 Jan 2027 08:00:00 +0000

aitbc-miner (0.1.0) unstable; urgency=medium

  * The beginning.

 -- aitbc-miner maintainers <maintainers@aitbc-miner.invalid>  Sat, 31 Jan 2026 00:00:00 +0000
`)
  })
})
