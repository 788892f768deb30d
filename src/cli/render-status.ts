import Table from 'cli-table3'
import picocolors from 'picocolors'

import type { EngineStatus } from '../domain/engine.ts'
import type {
  CoordinatorStatus,
  GpuStatus,
  MinerStatus,
  OutboxStatus,
  RecentJobStatus,
  RunningJobStatus,
} from '../domain/miner-status.ts'
import { formatAge, formatSpan } from './format-time.ts'

export interface RenderOptions {
  readonly nowMs: number
  readonly hasColors: boolean
}

type Colors = ReturnType<typeof picocolors.createColors>

interface Style {
  readonly nowMs: number
  readonly colors: Colors
}

/** The status for a person: what the miner does, why, and what stands in its way; the most telling lines first. */
export function renderStatus(status: MinerStatus, { nowMs, hasColors }: RenderOptions): string {
  const style: Style = { nowMs, colors: picocolors.createColors(hasColors) }
  const { totals } = status
  const sections: readonly (readonly [string, string | readonly string[]])[] = [
    ['state', stateLines(status, style)],
    ['miner', `${status.minerId}, pays ${status.wallet}`],
    ['daemon', `${status.version}, up ${formatAge(status.startedAt, nowMs)}, pid ${status.pid}`],
    ['coordinator', coordinatorLines(status.coordinator, style)],
    ['slots', `${status.slots.busy} of ${status.slots.total} busy, mode ${status.mode}`],
    ['jobs', jobLines(status.jobs, style)],
    ['outbox', outboxLines(status.outbox, style)],
    ['engines', engineLines(status.engines, style)],
    ['GPUs', gpuLines(status.gpus, style)],
    [
      'since start',
      `${totals.accepted} accepted, ${totals.proved} proved, ${totals.failed} failed, ${totals.credited} credited, ${totals.dropped} dropped`,
    ],
    ['recent', recentLines(status.recent, style)],
  ]
  const rows = sections.map(([label, text]) => [
    style.colors.dim(label),
    typeof text === 'string' ? harmless(text) : text.join('\n'),
  ])
  return `${columns(rows)}\n`
}

function stateLines({ state, stateReason }: MinerStatus, { colors }: Style): string[] {
  const word = state === 'online' ? colors.green(state) : colors.yellow(state)
  return [colors.bold(word) + (stateReason === null ? '' : `: ${harmless(stateReason)}`)]
}

function coordinatorLines(coordinator: CoordinatorStatus, { nowMs, colors }: Style): string[] {
  const { reachable, lastContactAt, longPoll, skipped, lastError, balance } = coordinator
  const contact = lastContactAt === null ? 'no answer so far' : `last answer ${formatAge(lastContactAt, nowMs)} ago`
  const reach = reachable === null ? 'not called yet' : reachable ? colors.green('reachable') : colors.red('not reachable')
  const facts = [reach, ...(reachable === null && lastContactAt === null ? [] : [contact])]
  if (longPoll !== null) facts.push(longPoll ? 'holds polls until a job fits' : 'does not hold polls')
  const passedOver = Object.entries(skipped ?? {}).filter(([, number]) => number > 0)
  return [
    harmless(coordinator.url),
    facts.join(', '),
    ...(lastError === null ? [] : [colors.red(`last error: ${harmless(lastError)}`)]),
    ...(passedOver.length === 0
      ? []
      : [
          `queued jobs that do not fit this miner: ${harmless(passedOver.map(([why, number]) => `${number} by ${why}`).join(', '))}`,
        ]),
    ...(balance === null ? [] : [`balance ${harmless(balance)}`]),
  ]
}

function jobLines(jobs: readonly RunningJobStatus[], { nowMs }: Style): string[] {
  if (jobs.length === 0) return ['none running']
  return table(
    jobs.map(({ id, workload, state, attempt, startedAt, progress }) => [
      id,
      workload,
      state,
      progress === null ? '' : formatProgress(progress),
      `for ${formatAge(startedAt, nowMs)}`,
      attempt > 1 ? `attempt ${attempt}` : '',
    ]),
  )
}

function formatProgress({ done, total }: { done: number; total: number }): string {
  const share = total > 0 ? ` (${Math.min(100, Math.floor((done / total) * 100))} %)` : ''
  return `${done} of ${total}${share}`
}

function outboxLines({ waiting, oldestAgeS, nextTryInS, lastError }: OutboxStatus, { colors }: Style): string[] {
  if (waiting === 0) return ['empty: everything is delivered']
  const facts = [colors.yellow(`${waiting} to deliver`)]
  if (oldestAgeS !== null) facts.push(`oldest for ${formatSpan(oldestAgeS)}`)
  if (nextTryInS !== null) facts.push(nextTryInS <= 0 ? 'next try now' : `next try in ${formatSpan(nextTryInS)}`)
  return [facts.join(', '), ...(lastError === null ? [] : [colors.red(`last error: ${harmless(lastError)}`)])]
}

function engineFacts({ version, backend, sandbox }: Pick<EngineStatus, 'version' | 'backend' | 'sandbox'>): string {
  const facts = [version, backend].filter((fact) => fact !== null).join(', ')
  return sandbox === null ? facts : `${facts}; sandbox: ${sandbox}`
}

function engineLines(engines: readonly EngineStatus[], { colors }: Style): string[] {
  if (engines.length === 0) return ['none']
  const paint = { ready: colors.green, starting: colors.yellow, backoff: colors.red, stopped: colors.dim }
  return table(
    engines.map(({ engine, device, state, activeRuns, rssMb, restarts, pid, ...identity }) => [
      engine,
      device ?? '',
      state,
      pid === null ? '' : `pid ${pid}`,
      state === 'ready' ? `${activeRuns} running` : '',
      rssMb === null ? '' : `${Math.round(rssMb)} MB`,
      state === 'stopped' ? 'starts with the first job for it' : engineFacts(identity),
      restarts === 0 ? '' : `${restarts} restart${restarts === 1 ? '' : 's'}`,
    ]),
    (row, cell, column) => (column === 2 ? paint[engines[row]?.state ?? 'stopped'](cell) : cell),
  )
}

function gpuLines(gpus: readonly GpuStatus[], { colors }: Style): string[] {
  if (gpus.length === 0) return ['none in use']
  const lines = table(
    gpus.map(({ index, name, vramMb, driver, backend, isUsable }) => [
      String(index),
      name,
      vramMb === null ? '' : `${vramMb} MB`,
      driver === null ? '' : `driver ${driver}`,
      isUsable ? backend : 'not used',
    ]),
  )
  const problems = gpus.flatMap(({ index, problem }) => (problem === null ? [] : [`${index}: ${harmless(problem)}`]))
  return [...lines, ...problems.map((problem) => colors.yellow(problem))]
}

function recentLines(recent: readonly RecentJobStatus[], { nowMs }: Style): string[] {
  if (recent.length === 0) return ['none yet']
  return table(recent.map(({ id, workload, result, at }) => [id, workload, result, `${formatAge(at, nowMs)} ago`]))
}

/** Rows of cells as aligned lines. Cells are made harmless before they are painted. */
function table(
  rows: readonly (readonly string[])[],
  paint: (row: number, cell: string, column: number) => string = (_, cell) => cell,
): string[] {
  const used = (rows[0] ?? []).map((_, column) => rows.some((row) => row[column] !== ''))
  const cells = rows.map((row, index) =>
    row.map((cell, column) => paint(index, harmless(cell), column)).filter((_, column) => used[column] === true),
  )
  return columns(cells).split('\n')
}

const NO_BORDERS = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid', 'mid']
    .concat(['mid-mid', 'right', 'right-mid'])
    .map((part) => [part, '']),
)

function columns(rows: string[][]): string {
  const layout = new Table({
    chars: { ...NO_BORDERS, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  })
  layout.push(...rows)
  return layout.toString().replace(/[ ]+$/gm, '')
}

/** Text from elsewhere without control characters, which could drive the terminal. */
function harmless(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}
