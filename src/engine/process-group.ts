import { errorCode } from '../domain/error-code.ts'

/** Sends a signal to every process of a group; a group that is gone is no error. */
export function signalGroup(groupId: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-groupId, signal)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}
