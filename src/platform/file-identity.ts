import { lstatSync } from 'node:fs'
import { errorCode } from '../domain/error-code.ts'

/** Which file or folder stood at a path: to tell whether it still does, or was removed or replaced meanwhile. */
export class FileIdentity {
  readonly path: string
  readonly #device: bigint
  readonly #inode: bigint
  /** Nanoseconds; null when it is not compared. */
  readonly #bornNs: bigint | null

  private constructor(path: string, withBirth: boolean) {
    const { dev, ino, birthtimeNs } = lstatSync(path, { bigint: true })
    this.path = path
    this.#device = dev
    this.#inode = ino
    this.#bornNs = withBirth ? birthtimeNs : null
  }

  /**
   * Of what nobody keeps open: a file system may give its number again as soon as it is gone, so the time of its birth
   * counts too. Where the system keeps none, any change may look like another file. Throws the error of the system when
   * nothing is there. A link is taken for itself, not for what it names.
   */
  static of(path: string): FileIdentity {
    return new FileIdentity(path, true)
  }

  /** Likewise, of a file that this process keeps open as long as the identity is asked for: its number stays its own. */
  static ofOpen(path: string): FileIdentity {
    return new FileIdentity(path, false)
  }

  /** False when the path is gone or names something else; true too when the system does not say, e.g. on a broken disk. */
  isUnchanged(): boolean {
    try {
      const found = lstatSync(this.path, { bigint: true, throwIfNoEntry: false })
      const isSame = found?.dev === this.#device && found.ino === this.#inode
      return isSame && (this.#bornNs === null || found.birthtimeNs === this.#bornNs)
    } catch (error) {
      // A file where one of its folders was.
      return errorCode(error) !== 'ENOTDIR'
    }
  }
}
