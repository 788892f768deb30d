# shellcheck shell=bash
# no network: it neither fails nor hammers nor floods the journal, and works as soon as the coordinator answers

stopped_miner
systemctl stop aitbc-mock-coordinator
systemctl start aitbc-miner
within 20 'it says that it does not reach the coordinator' journal_says_like 'coordinator (is )?not reach|coordinator does not answer|coordinator cannot be reached|unreachable'
sleep 15
equal 'it was not restarted' "$(property NRestarts)" 0
equal 'it is active' "$(property ActiveState)" active
check 'the journal is not flooded' test "$(journal | wc --lines)" -le 15
systemctl status --no-pager --full aitbc-miner >"$RESULTS/systemctl-status"
systemctl start aitbc-mock-coordinator
within 20 'the coordinator answers' coordinator_answers
job=$(submit "$SHORT_JOB")
within 90 'the job is done without anybody'"'"'s doing' job_is "$job" completed
