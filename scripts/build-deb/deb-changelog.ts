const WIDTH = 78

/** Who answers for the packages, as in the control files. */
export const MAINTAINER = 'aitbc-miner maintainers <maintainers@aitbc-miner.invalid>'

export interface ChangelogFacts {
  readonly packageName: string
  readonly version: string
  /** The time of the commit, in seconds since 1970; it stands for the date of a release whose heading has none. */
  readonly seconds: number
}

/**
 * CHANGELOG.md in Debian's form, newest first: a heading `## Unreleased` is what is being packaged now; others are
 * `## VERSION - YYYY-MM-DD`.
 */
export function debChangelog(markdown: string, { packageName, version, seconds }: ChangelogFacts): string {
  const sections = markdown.split(/^## /m).slice(1)
  const entries = sections.map((section) => {
    const [heading = '', ...lines] = section.split('\n')
    const [, released = version, date] = /^\[?(\d[^\s\]]*)\]?(?:\s+-\s+(\d{4}-\d{2}-\d{2}))?/.exec(heading) ?? []
    const time = date === undefined ? new Date(seconds * 1000) : new Date(`${date}T00:00:00Z`)
    const items = listItems(lines).map((item) => wrapped(item))
    return `${packageName} (${released}) unstable; urgency=medium\n\n${items.join('\n')}\n\n -- ${MAINTAINER}  ${rfc2822(time)}\n`
  })
  return entries.join('\n')
}

/** The items of Markdown lists, each in one line. */
function listItems(lines: readonly string[]): readonly string[] {
  const items: string[] = []
  for (const line of lines) {
    if (line.startsWith('- ')) items.push(line.slice(2).trim())
    else if (/^\s+\S/.test(line) && items.length > 0) items.push(`${items.pop()} ${line.trim()}`)
  }
  return items.map((item) => item.replaceAll('`', ''))
}

function wrapped(item: string): string {
  const lines = ['  *']
  for (const word of item.split(/\s+/)) {
    const line = lines.at(-1) ?? ''
    if (line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(`    ${word}`)
  }
  return lines.join('\n')
}

function rfc2822(time: Date): string {
  return time.toUTCString().replace('GMT', '+0000')
}
