import { connect } from 'node:net'

import { errorCode } from '../domain/error-code.ts'
import { AitbcError } from '../domain/errors.ts'
import type { MinerStatus } from '../domain/miner-status.ts'
import { controlAnswerSchema, MAX_ANSWER_BYTES } from './control-messages.ts'
import type { ControlAnswer, ControlRequest } from './control-messages.ts'
import { readLine } from './read-line.ts'

/**
 * Asks the daemon behind the socket for its status.
 *
 * Throws `AITBC_NOT_RUNNING` when nobody listens, `AITBC_CONTROL` when the socket may not be used (then the fact
 * `permissionDenied` is true) or the answer does not come within `timeoutMs` or cannot be understood.
 */
export async function fetchStatus(socketPath: string, timeoutMs: number): Promise<MinerStatus> {
  const line = await ask(socketPath, { request: 'status' }, timeoutMs)
  const answer = parseAnswer(line)
  if (answer === null) {
    const message = `the daemon on ${socketPath} gave an answer of another version; restart it: systemctl restart aitbc-miner`
    throw new AitbcError('AITBC_CONTROL', message)
  }
  if (!answer.ok) throw new AitbcError('AITBC_CONTROL', `the daemon on ${socketPath} refused: ${answer.error}`)
  return answer.status
}

async function ask(socketPath: string, request: ControlRequest, timeoutMs: number): Promise<string> {
  const socket = connect(socketPath)
  try {
    const answer = readLine(socket, MAX_ANSWER_BYTES, timeoutMs)
    socket.write(`${JSON.stringify(request)}\n`)
    return await answer
  } catch (error) {
    throw explainError(error, socketPath)
  } finally {
    socket.destroy()
  }
}

function explainError(error: unknown, socketPath: string): AitbcError {
  const code = errorCode(error)
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    const message = `the miner is not running: nobody listens on ${socketPath}; to see why: journalctl -u aitbc-miner -n 50`
    return new AitbcError('AITBC_NOT_RUNNING', message, { cause: error })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const message = `permission denied on ${socketPath}; run the command with sudo, or as the user of the miner`
    return new AitbcError('AITBC_CONTROL', message, { cause: error, facts: { permissionDenied: true } })
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new AitbcError('AITBC_CONTROL', `the miner on ${socketPath} does not answer (${reason}); try again`, { cause: error })
}

function parseAnswer(line: string): ControlAnswer | null {
  try {
    return controlAnswerSchema.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}
