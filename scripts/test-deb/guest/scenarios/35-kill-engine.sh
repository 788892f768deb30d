# shellcheck shell=bash
# kill -9 of an engine: the job fails or is done again, the daemon lives and goes on earning

working_miner
daemon=$(miner_pid)
job=$(submit "$LONG_JOB")
within 20 'an engine works' engine_pids
# shellcheck disable=SC2046
kill -9 $(engine_pids)
within 20 'the job is told to have failed' journal_says 'job failed'
check 'the journal says by what' journal_says_like 'job failed.*E_ENGINE'
client cancel "$job" >/dev/null || true
equal 'the daemon lives' "$(miner_pid)" "$daemon"
equal 'systemd has restarted nothing' "$(property NRestarts)" 0
next=$(submit "$SHORT_JOB")
within 40 'the next job is done' job_is "$next" completed
equal 'the long job was not paid' "$(payments "$job" "$WALLET")" 0
