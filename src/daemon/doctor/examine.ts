import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { LoadedConfig } from '../../config/load-config.ts'
import type { MinerConfig } from '../../config/miner-config.ts'
import { secretsOf } from '../../config/secrets-of.ts'
import { SystemClock } from '../../platform/system-clock.ts'
import { askHealth } from './ask-health.ts'
import type { HealthAnswer } from './ask-health.ts'
import { checkConf } from './check-conf.ts'
import type { DoctorContext } from './check.ts'
import { CHECKS } from './checks.ts'
import { DoctorMachine } from './doctor-machine.ts'
import { presentableText } from './presentable-text.ts'
import { runChecks } from './run-checks.ts'
import type { DoctorRow } from './run-checks.ts'
import { askUnit } from './service-unit.ts'
import type { Verdict } from './finding.ts'
import { takeViewpoint } from './viewpoint.ts'

export interface ExamineOptions {
  readonly file: string
  readonly loaded: LoadedConfig
  readonly version: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** As whom to look; null for the service's user, where that can be. */
  readonly user: string | null
  readonly onRow: (row: DoctorRow) => void
}

/** Part of the stable output of `aitbc-miner doctor --json`: fields are added, never renamed or removed. */
export interface DoctorReport {
  /** Whether no check has failed; there may be warnings. */
  readonly ok: boolean
  readonly version: string
  readonly checkedAt: string
  readonly file: string
  /** As whom all but the configuration was looked at. */
  readonly user: string
  readonly rows: readonly DoctorRow[]
}

/** Looks at everything that this miner needs, and changes nothing that outlasts it; but the process may be another user's afterwards. */
export async function examine({ file, loaded, version, environment, user, onRow }: ExamineOptions): Promise<DoctorReport> {
  const clock = new SystemClock()
  const viewpoint = takeViewpoint(user)
  const presentable = presentableText(loaded.ok ? secretsOf(loaded.config) : [])
  const conf = { id: 'conf', name: 'configuration', needs: [], limitMs: 10_000, run: async () => checkConf(file, loaded) }
  const rows = await runChecks({ checks: [conf], context: null, clock, presentable, onRow, before: new Map() })
  if (loaded.ok) {
    const { config } = loaded
    await trustAsServiceDoes(environment)
    const context = contextOf({ config, version, environment: seenBy(environment, config, viewpoint.kind), viewpoint, clock })
    const before = new Map<string, Verdict>([['conf', config.notConfigured.length === 0 ? 'good' : 'failed']])
    rows.push(...(await runChecks({ checks: CHECKS, context, clock, presentable, onRow, before })))
  }
  const ok = rows.every(({ verdict }) => verdict !== 'failed')
  return { ok, version, checkedAt: new Date(clock.nowMs()).toISOString(), file, user: viewpoint.user, rows }
}

function contextOf(given: Pick<DoctorContext, 'config' | 'version' | 'environment' | 'viewpoint' | 'clock'>): DoctorContext {
  const { config, version, environment, clock } = given
  let answer: Promise<HealthAnswer> | null = null
  return {
    ...given,
    machine: new DoctorMachine({ config, environment, clock }),
    health: (signal) => {
      answer ??= askHealth({
        baseUrl: config.coordUrl,
        certificates: config.coordCertificates,
        userAgent: `aitbc-miner/${version}`,
        clock,
        signal,
      })
      return answer
    },
  }
}

/** A process that became the service's user must not send its engines to the home and the temporary folder of root. */
function seenBy(environment: ExamineOptions['environment'], config: MinerConfig, kind: string): ExamineOptions['environment'] {
  if (kind !== 'service') return environment
  const { XDG_RUNTIME_DIR: _runtime, TMPDIR: _temporary, ...rest } = environment
  return { ...rest, HOME: config.stateDir }
}

/** Certificates that the unit has the service trust (NODE_EXTRA_CA_CERTS) count here too. */
async function trustAsServiceDoes(environment: ExamineOptions['environment']): Promise<void> {
  if (environment['NODE_EXTRA_CA_CERTS'] !== undefined) return
  const unit = await askUnit(environment, new AbortController().signal)
  const path = unit?.environment.get('NODE_EXTRA_CA_CERTS')
  if (path === undefined) return
  try {
    setDefaultCACertificates([...getCACertificates('default'), readFileSync(path, 'utf8')])
  } catch {
    // The service cannot use that file either: the check of the connection will say that the certificate is not trusted.
  }
}
