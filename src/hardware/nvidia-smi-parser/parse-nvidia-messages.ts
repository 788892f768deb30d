import type { GpuProblem } from '../../domain/gpu.ts'
import { toPciAddress } from '../pci-address.ts'

/** A card that nvidia-smi names only to say that it cannot be reached. */
export interface UnreachableCard {
  readonly pciBusId: string
  readonly reason: string
}

/** `GPU0000:02:00.0: GPU is lost`, `GPU 0000:01:00.0: Not Found`, `GPU3: 0000:5F:00.0: Unknown Error`. */
const NO_HANDLE =
  /unable to determine the device handle for gpu\s*(?:\d+:)?\s*([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])\s*:\s*([^\n]*)/gi

/** The cards that nvidia-smi could not reach, from its messages on either output. */
export function parseUnreachableCards(output: string): UnreachableCard[] {
  return [...output.matchAll(NO_HANDLE)].flatMap(([, address = '', reason = '']) => {
    const pciBusId = toPciAddress(address)
    return pciBusId === null ? [] : [{ pciBusId, reason: reason.trim() }]
  })
}

interface KnownFailure {
  /** As documented in nvidia-smi(1), "RETURN VALUE". */
  readonly exitCodes: readonly number[]
  readonly pattern: RegExp
  readonly code: GpuProblem['code']
  readonly message: string
}

/** The more telling first: the exit code alone is 255 for many of them. */
const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    exitCodes: [18],
    pattern: /driver\/library version mismatch|different version/i,
    code: 'driver-mismatch',
    message:
      'the NVIDIA kernel module and the driver library are of different versions, as after a driver upgrade: reboot, or stop everything that uses the GPU and reload the nvidia modules',
  },
  {
    exitCodes: [12, 13],
    pattern: /couldn't find libnvidia-ml|nvml (?:shared )?library (?:could ?n[o']t|not) (?:be )?found|function not found/i,
    code: 'no-driver',
    message:
      'nvidia-smi does not find the NVIDIA driver library libnvidia-ml.so: install the driver package whole, or mend its installation',
  },
  {
    exitCodes: [9],
    pattern: /couldn't communicate with the nvidia driver|driver not loaded|nvidia kernel module is not loaded/i,
    code: 'no-driver',
    message:
      'the NVIDIA kernel module is not loaded: install the driver package, or after a kernel upgrade build the module for it (dkms autoinstall), then "modprobe nvidia" or reboot; with Secure Boot the module must be signed',
  },
  {
    exitCodes: [4],
    pattern: /insufficient permissions|permission denied|no permission/i,
    code: 'no-permission',
    message:
      'no permission to ask the NVIDIA driver: give the miner\'s user access to /dev/nvidia* (often the group "video" or "render")',
  },
  {
    exitCodes: [15],
    pattern: /gpu is lost|fallen off the bus|unable to determine the device handle/i,
    code: 'lost',
    message:
      'a GPU does not answer any more, it fell off the bus: reboot; if it comes back, check power supply, riser and cooling ("dmesg | grep Xid" tells why)',
  },
]

/** No card is no failure: the driver is well, and there is nothing to drive. */
export function tellsNoDevices(output: string): boolean {
  return /no devices were found/i.test(output)
}

/** What a failed nvidia-smi means, and what to do about it. */
export function classifyNvidiaFailure(exitCode: number | null, output: string): GpuProblem {
  const known =
    KNOWN_FAILURES.find(({ pattern }) => pattern.test(output)) ??
    KNOWN_FAILURES.find(({ exitCodes }) => exitCode !== null && exitCodes.includes(exitCode))
  if (known !== undefined) return { code: known.code, message: known.message }
  const said = output.trim().split('\n').slice(0, 2).join(' ').slice(0, 200)
  return {
    code: 'failed',
    message: `nvidia-smi ended with ${exitCode === null ? 'a signal' : `code ${exitCode}`}${said === '' ? ' and said nothing' : `: ${said}`}: run it by hand to see what is wrong with the driver`,
  }
}
