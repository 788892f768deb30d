/**
 * What goes wrong in a soak (docs/faults.md): a little of everything that a miner must live with for weeks, and nothing that changes how a
 * job must end.
 */
export const SOAK_FAULTS = {
  rules: [
    { on: 'miner', fault: 'latency', ms: 20, jitter_ms: 150, probability: 0.1 },
    { on: 'heartbeat', fault: 'clock', offset_s: 10_800, probability: 0.02 },
    { on: 'heartbeat', fault: 'expire_lease', every: 90 },
    { on: 'proof', fault: 'reset', when: 'after', every: 7 },
    { on: 'proof', fault: 'reset', every: 11 },
    { on: 'proof', fault: 'status', status: 503, retry_after: 1, every: 13 },
    { on: 'proof', fault: 'status', status: 500, when: 'after', every: 17 },
    { on: 'proof', fault: 'truncate', every: 19 },
    { on: 'proof', fault: 'silence', every: 97 },
    { on: 'uploadOutput', fault: 'reset', every: 5 },
    { on: 'uploadOutput', fault: 'status', status: 502, when: 'after', every: 7 },
    { on: 'fail', fault: 'reset', when: 'after', every: 5 },
    { on: 'fail', fault: 'garble', as: 'html', every: 7 },
    { on: 'jobEvents', fault: 'reset', probability: 0.05 },
    { on: 'jobEvents', fault: 'status', status: 429, retry_after: 1, probability: 0.05 },
    { on: 'next', fault: 'duplicate_job', every: 23 },
    { on: 'next', fault: 'status', status: 502, every: 29 },
    { on: 'next', fault: 'garble', as: 'noise', when: 'before', every: 31 },
    { on: 'next', fault: 'reset', when: 'after', every: 37 },
    { on: 'next', fault: 'huge_body', megabytes: 20, when: 'before', every: 211 },
    { on: 'heartbeat', fault: 'garble', as: 'other_json', every: 41 },
    { on: 'heartbeat', fault: 'status', status: 503, retry_after: 2, every: 43 },
    { on: 'heartbeat', fault: 'slow_loris', bytes_per_s: 20, every: 149 },
    { on: 'heartbeat', fault: 'revoke_key', for_s: 2, after: 60, every: 211 },
    { on: 'submitJob', fault: 'reset', when: 'after', every: 29 },
  ],
} as const
