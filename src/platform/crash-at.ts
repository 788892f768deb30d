import { AitbcError } from '../domain/errors.ts'

/** The environment variable of a program under test: `NAME`, or `NAME@N` for the Nth time that it comes there. */
export const CRASH_VARIABLE = 'TEST_CRASH_POINT'

/**
 * Makes the hook for a program's crash points: where `text` names one of them, the process ends itself with SIGKILL there, as
 * if somebody had pulled the plug; without a text it does nothing. Throws `AITBC_USAGE` for a name that there is not, so that no
 * test passes because its point was never reached.
 */
export function crashAt<Name extends string>(points: readonly Name[], text: string | undefined): (name: Name) => void {
  if (text === undefined) return () => {}
  const [wanted = '', nth = '1'] = text.split('@')
  if (!points.some((point) => point === wanted) || !/^[1-9]\d{0,5}$/.test(nth)) {
    throw new AitbcError(
      'AITBC_USAGE',
      `${CRASH_VARIABLE} must be a crash point, or POINT@N for the Nth time, not ${text}: unset it`,
    )
  }
  let left = Number(nth)
  return (name) => {
    if (name !== wanted) return
    left -= 1
    if (left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
