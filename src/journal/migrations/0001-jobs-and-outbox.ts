/**
 * `jobs` has a row for each accepted job, `outbox` one for each outcome that the coordinator has not taken.
 * Attempt and lease have columns of their own, since they change; the rest of the job is the JSON it came as.
 * AUTOINCREMENT keeps the numbers of pruned entries from being given again: they name folders and files.
 */
export const jobsAndOutbox = `
CREATE TABLE jobs (
  seq            INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id         TEXT    NOT NULL,
  attempt        INTEGER NOT NULL,
  lease          TEXT,
  state          TEXT    NOT NULL CHECK (state IN ('accepted', 'running', 'proven', 'failed', 'settled')),
  recoveries     INTEGER NOT NULL DEFAULT 0,
  accepted_at_ms INTEGER NOT NULL,
  updated_at_ms  INTEGER NOT NULL,
  settlement     TEXT    CHECK ((settlement IS NULL) = (state <> 'settled')),
  job            TEXT    NOT NULL
) STRICT;

CREATE UNIQUE INDEX jobs_by_id ON jobs (job_id, attempt);
CREATE INDEX jobs_unproven ON jobs (seq) WHERE state IN ('accepted', 'running');
CREATE INDEX jobs_settled ON jobs (updated_at_ms) WHERE state = 'settled';

CREATE TABLE outbox (
  seq             INTEGER PRIMARY KEY REFERENCES jobs (seq),
  idempotency_key TEXT    NOT NULL,
  tries           INTEGER NOT NULL DEFAULT 0,
  next_try_at_ms  INTEGER NOT NULL,
  created_at_ms   INTEGER NOT NULL,
  outcome         TEXT    NOT NULL,
  output_kind     TEXT    CHECK (output_kind IN ('memory', 'file')),
  output          BLOB    CHECK ((output IS NOT NULL) = (output_kind IS NOT NULL AND output_kind = 'memory'))
) STRICT;

CREATE INDEX outbox_by_due_time ON outbox (next_try_at_ms, seq);
`
