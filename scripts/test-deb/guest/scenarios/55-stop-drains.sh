# shellcheck shell=bash
# stop during a job: the job may end, is paid, and then the service has stopped

working_miner
job=$(submit "$MEDIUM_JOB")
within 20 'the job runs' journal_says 'job accepted'
systemctl stop --no-block aitbc-miner
within 10 'the journal says that it waits for the job' journal_says 'waiting for the running ones'
within 80 'the service has stopped' is_state 'inactive dead'
equal 'by itself' "$(property Result)" success
equal 'the job is completed' "$(client state "$job")" completed
equal 'it was paid once' "$(payments "$job" "$WALLET")" 1
