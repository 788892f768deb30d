import { DatabaseSync } from 'node:sqlite'
import type { CrashPoint, Operation } from '../crash-points.ts'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS jobs (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  owner_key TEXT NOT NULL,
  workload TEXT NOT NULL,
  doc TEXT NOT NULL,
  reward TEXT NOT NULL,
  needs_gpu INTEGER NOT NULL,
  needs_vram_mb REAL NOT NULL,
  needs_model TEXT,
  refused_by TEXT NOT NULL DEFAULT '[]',
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,
  picked_up_ms INTEGER,
  ended_ms INTEGER,
  lease_id TEXT,
  holder_key TEXT,
  holder_miner TEXT,
  lease_expires_ms INTEGER,
  error TEXT,
  output_sha TEXT,
  receipt TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, seq);
CREATE INDEX IF NOT EXISTS jobs_by_end ON jobs (ended_ms) WHERE state IN ('completed', 'failed');
CREATE INDEX IF NOT EXISTS jobs_open_by_deadline ON jobs (deadline_ms) WHERE state IN ('queued', 'leased');
CREATE INDEX IF NOT EXISTS jobs_leased_by_expiry ON jobs (lease_expires_ms) WHERE state = 'leased';
CREATE TABLE IF NOT EXISTS leases (
  id TEXT PRIMARY KEY,
  job_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  miner_id TEXT NOT NULL,
  ended TEXT,
  must_tell INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS leases_by_job ON leases (job_id, attempt);
CREATE INDEX IF NOT EXISTS leases_to_tell ON leases (key_id, miner_id) WHERE must_tell = 1;
CREATE TABLE IF NOT EXISTS miners (
  key_id TEXT NOT NULL,
  miner_id TEXT NOT NULL,
  wallet TEXT,
  heartbeat TEXT,
  capabilities TEXT,
  last_seen_ms INTEGER NOT NULL,
  PRIMARY KEY (key_id, miner_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger (
  id INTEGER PRIMARY KEY,
  wallet TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  job_id TEXT NOT NULL,
  amount INTEGER NOT NULL,
  kind TEXT NOT NULL,
  UNIQUE (job_id, kind)
) STRICT;
CREATE INDEX IF NOT EXISTS ledger_by_wallet ON ledger (wallet, id);
CREATE TABLE IF NOT EXISTS wallets (
  wallet TEXT PRIMARY KEY,
  balance INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
  id INTEGER PRIMARY KEY,
  job_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  miner_seq INTEGER,
  type TEXT NOT NULL,
  at TEXT NOT NULL,
  data TEXT NOT NULL,
  UNIQUE (job_id, attempt, miner_seq)
) STRICT;
CREATE TABLE IF NOT EXISTS outputs (
  job_id TEXT PRIMARY KEY,
  lease_id TEXT NOT NULL,
  media_type TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS idempotency (
  id INTEGER PRIMARY KEY,
  scope TEXT NOT NULL UNIQUE,
  body_sha TEXT NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS keys (
  key_id TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  wallet TEXT,
  miner_id TEXT
) STRICT, WITHOUT ROWID;
`

/** Opens the store and makes its tables. In memory, or a file that survives a restart; throws when the file cannot be opened. */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  if (path !== ':memory:') database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;')
  database.exec(SCHEMA)
  return database
}

/** Runs a change as one transaction: all of it stands, or, when it throws, none. */
export type Transact = <Result>(operation: Operation, change: () => Result) => Result

/** The transactions of a database; each passes a crash point on either side of its commit. */
export function transactor(database: DatabaseSync, crashPoint: (name: CrashPoint) => void): Transact {
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  const rollback = database.prepare('ROLLBACK')
  return (operation, change) => {
    begin.run()
    try {
      const result = change()
      crashPoint(`${operation}:before-commit`)
      commit.run()
      crashPoint(`${operation}:after-commit`)
      return result
    } catch (error) {
      rollback.run()
      throw error
    }
  }
}
