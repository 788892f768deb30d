/** The keys of the founding document's configuration, in its order. */
export const FOUNDING_KEYS: readonly string[] = [
  'COORD_URL',
  'WALLET_ADDR',
  'API_KEY',
  'MINER_ID',
  'WORK_DIR',
  'HEARTBEAT_SECS',
  'JOB_POLL_SECS',
  'MAX_CONCURRENCY',
  'ACCEL_MODE',
]
