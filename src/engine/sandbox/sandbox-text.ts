import type { SandboxMessage } from '../messages.ts'

const LANDLOCK = 'Landlock'
const SECCOMP = 'seccomp'

/** The layers that hold an engine, for a person: `Landlock ABI 7, seccomp`; `none` for an engine without a sandbox. */
export function sandboxText(sandbox: SandboxMessage | null): string {
  const { landlockAbi = null, hasSeccomp = false } = sandbox ?? {}
  const layers = [...(landlockAbi === null ? [] : [`${LANDLOCK} ABI ${landlockAbi}`]), ...(hasSeccomp ? [SECCOMP] : [])]
  return layers.length === 0 ? 'none' : layers.join(', ')
}

/** The layers that such a text does not name. */
export function missingLayers(text: string): readonly string[] {
  return [LANDLOCK, SECCOMP].filter((layer) => !text.includes(layer))
}
