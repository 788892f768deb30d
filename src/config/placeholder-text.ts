const MARKED = /^(?:CHANGE_?ME|REPLACE_WITH_.*|<.*>|.*\.\.\.)$/i

/** True for a value that an example brings to be replaced: `CHANGE_ME`, `REPLACE_WITH_…`, `<…>`, or cut off with `...`. */
export function isPlaceholderText(text: string): boolean {
  return MARKED.test(text)
}
