/** Text as roff reads it: nothing of it is taken for an escape, a macro or a hyphen to be broken at. */
export function roffText(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq')
    .replaceAll('…', '...')
    .replaceAll('✓', '\\(OK')
    .replaceAll('✗', 'x')
    .replaceAll('→', '\\(->')
    .replaceAll('–', '\\(en')
    .replaceAll(/^([.])/gm, String.raw`\&$1`)
}

/** For what is typed as it stands. */
export function bold(text: string): string {
  return `\\fB${roffText(text)}\\fP`
}

/** For what is to be replaced. */
export function italic(text: string): string {
  return `\\fI${roffText(text)}\\fP`
}

/** A line that begins a page. */
export function titleLine(name: string, section: number, date: string, version: string): string {
  return `.TH ${name.toUpperCase()} ${section} "${date}" "aitbc\\-miner ${roffText(version)}"`
}

/** A heading, and lines of roff below it. */
export function section(title: string, ...body: readonly string[]): string[] {
  return [`.SH ${title}`, ...body]
}

/** A term and what it means; `term` is roff already. */
export function item(term: string, meaning: string): string[] {
  return ['.TP', term, roffText(meaning)]
}

/** Lines as they stand. */
export function example(lines: readonly string[]): string[] {
  return ['.EX', ...lines.map((line) => roffText(line)), '.EE']
}

/** Plain text of a command's help: paragraphs, and indented blocks that stay as they are. */
export function prose(text: string): string[] {
  return text.split(/\n{2,}/).flatMap((paragraph) => {
    const lines = paragraph.split('\n')
    const at = lines.findIndex((line) => line.startsWith('  '))
    if (at < 0) return ['.PP', ...withBreaks(lines)]
    const head = lines.slice(0, at)
    return [
      '.PP',
      ...head.map((line) => roffText(line.trim())),
      ...(head.length === 0 ? [] : ['.PP']),
      ...example(lines.slice(at)),
    ]
  })
}

/** Lines of which the next begins anew keep their break. */
function withBreaks(lines: readonly string[]): string[] {
  return lines.flatMap((line, at) => {
    const isEnd = /[^.,;:]$/.test(line) && /^[A-Z]/.test(lines[at + 1] ?? '')
    return [roffText(line.trim()), ...(isEnd ? ['.br'] : [])]
  })
}

const MAX_LINE = 79

/** The whole page: text lines broken where words end, paragraphs that say nothing left out. */
export function page(lines: readonly string[]): string {
  const written: string[] = []
  let isExample = false
  for (const line of lines) {
    if (line === '.EX' || line === '.EE') isExample = line === '.EX'
    if (line === '.PP' && /^\.S[HS] /.test(written.at(-1) ?? '')) continue
    written.push(...(isExample || line.startsWith('.') ? [line] : broken(line)))
  }
  return `${written.join('\n')}\n`
}

function broken(line: string): string[] {
  const parts: string[] = []
  let part = ''
  for (const word of line.split(' ')) {
    if (part !== '' && part.length + 1 + word.length > MAX_LINE) {
      parts.push(part)
      // A dot or an apostrophe that begins a line would make it a macro.
      part = /^[.']/.test(word) ? String.raw`\&${word}` : word
    } else part = part === '' ? word : `${part} ${word}`
  }
  return [...parts, part]
}
