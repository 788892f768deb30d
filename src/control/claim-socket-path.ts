import { lstatSync, unlinkSync } from 'node:fs'
import { connect } from 'node:net'

import { errorCode } from '../domain/error-code.ts'
import { AitbcError } from '../domain/errors.ts'

/**
 * Makes a path free for a new socket: a socket that nobody listens to, left by a daemon that was killed, is removed.
 *
 * Throws `AITBC_ALREADY_RUNNING` when somebody answers, `AITBC_CONFIG` when the path is not a socket (which is never
 * removed), `AITBC_CONTROL` when it cannot be told. It is no lock: that two daemons do not start at once is for the journal to see to.
 */
export async function claimSocketPath(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return
  if (!stat.isSocket()) {
    throw new AitbcError('AITBC_CONFIG', `CONTROL_SOCKET ${path} exists and is not a socket; move it away or set another path`)
  }
  const code = await probe(path)
  if (code === null) {
    throw new AitbcError('AITBC_ALREADY_RUNNING', `a miner answers on ${path} already; stop it first: systemctl stop aitbc-miner`)
  }
  if (code === 'ENOENT') return
  if (code !== 'ECONNREFUSED') {
    throw new AitbcError('AITBC_CONTROL', `cannot tell who owns the socket ${path} (${code}); run as the user that made it`)
  }
  unlinkSync(path)
}

/** Null when somebody accepts the connection, else the error code. */
async function probe(path: string): Promise<string | null> {
  return await new Promise((resolve) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(null)
    })
    socket.on('error', (error) => resolve(errorCode(error) ?? 'unknown error'))
  })
}
