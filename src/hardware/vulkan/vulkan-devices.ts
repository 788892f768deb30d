import type { GpuProblem } from '../../domain/gpu.ts'
import type { BoundedCommand } from '../bounded-command.ts'
import { parseVulkanSummary } from './parse-vulkan-summary.ts'
import type { VulkanDevice } from './parse-vulkan-summary.ts'

export interface VulkanReport {
  /** In Vulkan's order. */
  readonly devices: readonly VulkanDevice[]
  /** Why nothing could be learned; null when Vulkan answered. */
  readonly problem: GpuProblem | null
}

/**
 * Asks `vulkaninfo` for the devices that Vulkan sees. Never rejects. That no Vulkan driver is installed is an answer: no devices.
 */
export async function findVulkanDevices(vulkaninfo: BoundedCommand, signal: AbortSignal): Promise<VulkanReport> {
  const result = await vulkaninfo.run(['--summary'], signal)
  switch (result.kind) {
    case 'ended': {
      const devices = parseVulkanSummary(result.stdout)
      const hasAnswered =
        devices.length > 0 || result.exitCode === 0 || /INCOMPATIBLE_DRIVER|no (?:vulkan )?devices/i.test(result.stderr)
      if (hasAnswered) return { devices, problem: null }
      return failed(
        'failed',
        `vulkaninfo ended with ${result.exitCode === null ? 'a signal' : `code ${result.exitCode}`}: run it by hand to see what is wrong with the Vulkan driver`,
      )
    }
    case 'missing':
      return failed('no-program', 'there is no vulkaninfo to ask which GPUs Vulkan can use: install the package vulkan-tools')
    case 'denied':
      return failed('no-permission', "vulkaninfo may not be executed by the miner's user: check the program's permissions")
    case 'timeout':
      return failed(
        'timeout',
        'vulkaninfo did not answer in time: a graphics driver hangs; see "dmesg", and reboot if it stays so',
      )
    case 'flooded':
      return failed(
        'bad-output',
        'vulkaninfo wrote without end: check that the program on PATH is the one of the package vulkan-tools',
      )
    case 'aborted':
      return { devices: [], problem: null }
    case 'unstartable':
      return failed('failed', `vulkaninfo could not be started (${result.reason}): check the machine's free memory and processes`)
    default:
      return result satisfies never
  }
}

function failed(code: GpuProblem['code'], message: string): VulkanReport {
  return { devices: [], problem: { code, message } }
}
