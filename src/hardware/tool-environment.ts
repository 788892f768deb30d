/**
 * What the programs that are asked about GPUs may see of the daemon's environment: where programs, libraries and drivers are,
 * just as the engines see it, so that Vulkan enumerates the same devices in the same order for both. Therefore no DISPLAY or
 * WAYLAND_DISPLAY either: with a desktop Mesa puts its GPU first.
 */
const PASSED_ON = ['PATH', 'HOME', 'LD_LIBRARY_PATH', 'XDG_RUNTIME_DIR', 'VK_DRIVER_FILES', 'VK_ICD_FILENAMES'] as const

/** The environment for nvidia-smi and vulkaninfo. They answer in English. */
export function toolEnvironment(own: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const environment: Record<string, string> = { LC_ALL: 'C' }
  for (const name of PASSED_ON) {
    const value = own[name]
    if (value !== undefined) environment[name] = value
  }
  return environment
}
