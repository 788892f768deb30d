/**
 * Keeps how a job failed after its outcome has left the outbox, and lets one attempt of a job be entered again: whether
 * it may be done once more is for `operations/accept.ts` to say.
 */
export const failuresKept = `
ALTER TABLE jobs ADD COLUMN failure_code TEXT;
DROP INDEX jobs_by_id;
CREATE INDEX jobs_by_id ON jobs (job_id, attempt, seq);
`
