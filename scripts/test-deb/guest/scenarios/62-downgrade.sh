# shellcheck shell=bash
# downgrade: the previous version goes on with the conf, the key and the journal of the newer one

working_miner
job=$(submit "$SHORT_JOB")
within 40 'a job is done' job_is "$job" completed
install_previous
within 30 'the service runs' is_state 'active running'
within 20 'the coordinator answers' coordinator_answers
next=$(submit "$SHORT_JOB")
within 40 'the previous version works' job_is "$next" completed
equal 'both jobs were paid' "$(balance)" 0.5
check 'it knows of the former job' grep --quiet "$job" <(journal)
install "$PACKAGES/aitbc-miner.deb"
