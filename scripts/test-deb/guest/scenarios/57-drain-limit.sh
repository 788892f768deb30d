# shellcheck shell=bash
# stop during a job longer than DRAIN_SECS: the job is handed back in time, nothing has to be killed

stopped_miner
set_key DRAIN_SECS 4
systemctl start aitbc-miner
job=$(submit "$LONG_JOB")
within 20 'the job runs' journal_says 'job accepted'
from=$SECONDS
systemctl stop aitbc-miner
check 'it waited for the job, but not long' test $((SECONDS - from)) -ge 3 -a $((SECONDS - from)) -le 60
equal 'nothing had to be killed' "$(property Result)" success
check 'the job was handed back' journal_says_like 'job failed.*E_SHUTDOWN'
equal 'another miner may have it' "$(client state "$job")" queued
