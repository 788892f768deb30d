import type { GpuProblem } from '../../domain/gpu.ts'
import type { BoundedCommand, CommandResult } from '../bounded-command.ts'
import type { NvidiaCard, NvidiaSmiLog } from '../nvidia-smi-parser/nvidia-smi-log.ts'
import { parseNvidiaListing } from '../nvidia-smi-parser/parse-nvidia-listing.ts'
import { classifyNvidiaFailure, parseUnreachableCards, tellsNoDevices } from '../nvidia-smi-parser/parse-nvidia-messages.ts'
import type { UnreachableCard } from '../nvidia-smi-parser/parse-nvidia-messages.ts'
import { SAMPLE_COLUMNS, parseNvidiaSamples } from '../nvidia-smi-parser/parse-nvidia-samples.ts'
import type { NvidiaSample } from '../nvidia-smi-parser/parse-nvidia-samples.ts'
import { parseNvidiaSmi } from '../nvidia-smi-parser/parse-nvidia-smi.ts'

export interface NvidiaReport {
  /** Null when nothing could be learned. */
  readonly log: NvidiaSmiLog | null
  /** Cards that the driver knows but cannot reach. */
  readonly unreachable: readonly UnreachableCard[]
  /** What stands in the way of all cards; null when the driver answered. */
  readonly problem: GpuProblem | null
}

export interface NvidiaSamples {
  readonly samples: readonly NvidiaSample[]
  readonly unreachable: readonly UnreachableCard[]
  readonly problem: GpuProblem | null
}

/** Asks the NVIDIA driver by way of nvidia-smi. No method rejects: what goes wrong is a `problem`. */
export class NvidiaSmi {
  readonly #program: BoundedCommand

  constructor(program: BoundedCommand) {
    this.#program = program
  }

  /** All that there is to know about the cards: a large answer. */
  async query(signal: AbortSignal): Promise<NvidiaReport> {
    const result = await this.#program.run(['-q', '-x'], signal)
    if (result.kind !== 'ended') return { log: null, unreachable: [], problem: runProblem(result) }
    const messages = `${result.stdout}\n${result.stderr}`
    const unreachable = parseUnreachableCards(messages)
    const parsed = parseNvidiaSmi(result.stdout)
    // A card that is gone makes the exit code bad; what was told of the others still holds.
    if (parsed.ok && (result.exitCode === 0 || parsed.log.cards.length > 0))
      return { log: await this.#withMigUuids(parsed.log, signal), unreachable, problem: null }
    if (tellsNoDevices(messages)) return { log: NO_CARDS, unreachable, problem: null }
    if (result.exitCode !== 0) return { log: null, unreachable, problem: classifyNvidiaFailure(result.exitCode, messages) }
    return { log: null, unreachable, problem: badOutput(parsed.ok ? 'lists nothing' : parsed.reason) }
  }

  /** What the cards are doing: a line a card, cheap for the driver. MIG devices are not told here. */
  async sample(signal: AbortSignal): Promise<NvidiaSamples> {
    const result = await this.#program.run([`--query-gpu=${SAMPLE_COLUMNS.join(',')}`, '--format=csv,noheader,nounits'], signal)
    if (result.kind !== 'ended') return { samples: [], unreachable: [], problem: runProblem(result) }
    const messages = `${result.stdout}\n${result.stderr}`
    const unreachable = parseUnreachableCards(messages)
    const samples = parseNvidiaSamples(result.stdout)
    if (samples.length > 0 || tellsNoDevices(messages)) return { samples, unreachable, problem: null }
    const problem = result.exitCode === 0 ? badOutput('lists no card') : classifyNvidiaFailure(result.exitCode, messages)
    return { samples, unreachable, problem }
  }

  /** Some drivers leave the UUIDs of MIG devices out of the XML, and tell them in their listing. */
  async #withMigUuids(log: NvidiaSmiLog, signal: AbortSignal): Promise<NvidiaSmiLog> {
    const isWhole = log.cards.every(({ migDevices }) => migDevices.every(({ uuid }) => uuid !== null))
    if (isWhole) return log
    const result = await this.#program.run(['-L'], signal)
    if (result.kind !== 'ended') return log
    const listed = parseNvidiaListing(result.stdout)
    const complete = (card: NvidiaCard): NvidiaCard => ({
      ...card,
      migDevices: card.migDevices.map((device) => ({
        ...device,
        uuid: device.uuid ?? listed.get(card.uuid ?? '')?.get(device.index) ?? null,
      })),
    })
    return { ...log, cards: log.cards.map(complete) }
  }
}

const NO_CARDS: NvidiaSmiLog = { driverVersion: null, cudaVersion: null, cards: [] }

function badOutput(reason: string): GpuProblem {
  return {
    code: 'bad-output',
    message: `nvidia-smi's answer ${reason}: run "nvidia-smi -q -x" by hand; if it looks well there, please report it with the output`,
  }
}

function runProblem(result: Exclude<CommandResult, { kind: 'ended' }>): GpuProblem | null {
  switch (result.kind) {
    case 'missing':
      return {
        code: 'no-program',
        message:
          'there is no nvidia-smi on PATH: install the NVIDIA driver package with its tools (Debian: nvidia-smi; Ubuntu: nvidia-utils)',
      }
    case 'denied':
      return {
        code: 'no-permission',
        message: "nvidia-smi may not be executed by the miner's user: check the program's permissions",
      }
    case 'timeout':
      return {
        code: 'timeout',
        message:
          'nvidia-smi did not answer in time: the driver hangs, often over one sick card; see "dmesg | grep -E \'NVRM|Xid\'", and reboot if it stays so',
      }
    case 'flooded':
      return { code: 'bad-output', message: "nvidia-smi wrote without end: check that the program on PATH is NVIDIA's own" }
    case 'unstartable':
      return {
        code: 'failed',
        message: `nvidia-smi could not be started (${result.reason}): check the machine's free memory and processes`,
      }
    case 'aborted':
      return null
    default:
      return result satisfies never
  }
}
