# shellcheck shell=bash
# a second SIGTERM hands the job back with E_SHUTDOWN, at once

working_miner
job=$(submit "$LONG_JOB")
within 20 'the job runs' journal_says 'job accepted'
systemctl stop --no-block aitbc-miner
within 10 'the journal says that it waits for the job' journal_says 'waiting for the running ones'
systemctl kill --kill-whom=main --signal=TERM aitbc-miner
within 25 'the service has stopped' is_state 'inactive dead'
equal 'by itself' "$(property Result)" success
check 'the job was handed back' journal_says_like 'job failed.*E_SHUTDOWN'
equal 'another miner may have it' "$(client state "$job")" queued
equal 'it was not paid' "$(payments "$job" "$WALLET")" 0
