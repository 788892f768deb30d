# shellcheck shell=bash
# kill -9 of the daemon: it is started again, and the job that it ran ends exactly once

working_miner
equal 'the package has it restarted' "$(property Restart)" on-failure
job=$(submit "$MEDIUM_JOB")
within 20 'an engine works on it' engine_pids
engine=$(engine_pids)
kill -9 "$(miner_pid)"
within 10 'its engine ends with it' test ! -e "/proc/${engine%% *}"
within 30 'it is started again' is_state 'active running'
equal 'systemd has restarted it once' "$(property NRestarts)" 1
within 20 'the job is taken up again' journal_says 'job taken up again'
within 90 'the job is completed' job_is "$job" completed
equal 'it was paid once' "$(payments "$job" "$WALLET")" 1
equal 'one proof was accepted' "$(journal | grep --count 'proof accepted')" 1
