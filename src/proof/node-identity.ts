import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../domain/error-code.ts'
import { AitbcError } from '../domain/errors.ts'

/** The node's Ed25519 key. It proves that two proofs come from the same machine; it is not the wallet. */
export class NodeIdentity {
  /** `ed25519:` and the raw public key in base64url. */
  readonly publicKey: string
  readonly #privateKey: KeyObject

  private constructor(privateKey: KeyObject) {
    this.#privateKey = privateKey
    this.publicKey = `ed25519:${createPublicKey(privateKey).export({ format: 'jwk' }).x ?? ''}`
  }

  /**
   * Reads `identity.pem` in the state folder, made with mode 0600 on first use. Throws `AITBC_STATE_DIR` when it cannot be
   * read, made or understood; a file that is there is never overwritten.
   */
  static load(stateDir: string): NodeIdentity {
    const path = join(stateDir, 'identity.pem')
    try {
      const key = createPrivateKey(readOrMake(path))
      if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it holds a key of type ${key.asymmetricKeyType ?? 'unknown'}`)
      return new NodeIdentity(key)
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause)
      throw new AitbcError(
        'AITBC_STATE_DIR',
        `the node key ${path} cannot be used (${text}): let it belong to the user of the miner and hold an Ed25519 key, or move it away to get a new one`,
        { cause, facts: { path } },
      )
    }
  }

  /** The signature over these bytes, in base64url. Ed25519 signs the same bytes the same way each time. */
  sign(bytes: Uint8Array): string {
    return sign(null, bytes, this.#privateKey).toString('base64url')
  }
}

function readOrMake(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
  const part = `${path}.${randomUUID()}.part`
  try {
    writeDurably(part, generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }))
    // A link, not a rename: whoever comes second finds the name taken and reads the first one's key.
    linkSync(part, path)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  } finally {
    rmSync(part, { force: true })
  }
  return readFileSync(path)
}

function writeDurably(path: string, text: string): void {
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
