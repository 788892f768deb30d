import { jobsAndOutbox } from './0001-jobs-and-outbox.ts'
import { failuresKept } from './0002-failures-kept.ts'

/**
 * The schema's history: migration N brings a database from `user_version` N - 1 to N. A migration that was
 * released is never changed; a new need is a new file at the end.
 */
export const MIGRATIONS: readonly string[] = [jobsAndOutbox, failuresKept]
