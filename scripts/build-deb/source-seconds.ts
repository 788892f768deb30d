import { runTool } from './run-tool.ts'

/** The time that files of the packages bear, in seconds since 1970: `SOURCE_DATE_EPOCH`, or that of the commit. */
export function sourceSeconds(): number {
  const given = process.env['SOURCE_DATE_EPOCH']
  const seconds = Number(given ?? runTool(['git', 'log', '-1', '--format=%ct'], { debianPackage: 'git' }))
  if (!Number.isSafeInteger(seconds) || seconds <= 0)
    throw new Error(`SOURCE_DATE_EPOCH must be seconds since 1970, not ${given}`)
  return seconds
}
