import type { Check } from './check.ts'
import { BACKEND_CHECK } from './check-backends.ts'
import { CATALOGUE_CHECK } from './check-catalogue.ts'
import { CLOCK_CHECK } from './check-clock.ts'
import { CONNECTION_CHECK } from './check-connection.ts'
import { COORDINATOR_CHECK } from './check-coordinator.ts'
import { DEVICE_CHECK } from './check-devices.ts'
import { DISK_CHECK } from './check-disk.ts'
import { DNS_CHECK } from './check-dns.ts'
import { ENGINE_CHECK } from './check-engines.ts'
import { GPU_CHECK } from './check-gpus.ts'
import { KEY_CHECK } from './check-key.ts'
import { LLM_SERVER_CHECK } from './check-llm-server.ts'
import { LOG_FILE_CHECK } from './check-log-file.ts'
import { MEMORY_CHECK } from './check-memory.ts'
import { MODEL_CHECK } from './check-models.ts'
import { SERVICE_CHECK } from './check-service.ts'
import { STATE_DIR_CHECK } from './check-state-dir.ts'
import { USER_CHECK } from './check-user.ts'
import { WORK_DIR_CHECK } from './check-work-dir.ts'

/** What is asked after the configuration, in this order: from the machine's files outwards to the coordinator, then its engines. */
export const CHECKS: readonly Check[] = [
  USER_CHECK,
  STATE_DIR_CHECK,
  WORK_DIR_CHECK,
  LOG_FILE_CHECK,
  SERVICE_CHECK,
  DNS_CHECK,
  CONNECTION_CHECK,
  COORDINATOR_CHECK,
  CLOCK_CHECK,
  KEY_CHECK,
  DISK_CHECK,
  MEMORY_CHECK,
  GPU_CHECK,
  DEVICE_CHECK,
  BACKEND_CHECK,
  CATALOGUE_CHECK,
  ENGINE_CHECK,
  MODEL_CHECK,
  LLM_SERVER_CHECK,
]
