import type { BuildContext } from './build-context.ts'
import { shippedFolder } from './shipped-folder.ts'
import type { ShippedPackage } from './shipped-folder.ts'

/** The npm package with the pinned Node binary for the target. */
export function unpackedRuntime(context: BuildContext): ShippedPackage {
  const name = `node-linux-${context.target.cpu}`
  const [runtime] = context.lock.closure([name], () => true)
  if (runtime === undefined) throw new Error(`${name} is not in package-lock.json`)
  return { ...runtime, folder: shippedFolder(runtime, context.cache) }
}
