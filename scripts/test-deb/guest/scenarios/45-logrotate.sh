# shellcheck shell=bash
# logrotate, forced, twice: the daemon goes on writing to the file of the old name, and no line is lost

working_miner
first=$(submit "$SHORT_JOB")
within 40 'a job is done' job_is "$first" completed
within 10 'the log file tells of it' grep --quiet "proof accepted.*$first\|$first.*proof accepted" $LOG
for turn in 1 2; do
  check "logrotate succeeds, turn $turn" logrotate --force /etc/logrotate.d/aitbc-miner
  job=$(submit "$SHORT_JOB")
  within 40 'a job is done' job_is "$job" completed
  within 10 'the new log file tells of it' grep --quiet "proof accepted.*$job\|$job.*proof accepted" $LOG
  refute 'the former job is not in it' grep --quiet "$first" $LOG
done
check 'the rotated file tells of the first job' grep --quiet "$first" <(zcat $LOG.2.gz)
equal 'nobody else may read the rotated file' "$(stat --format='%A' $LOG.1.gz | cut --characters=8-)" '---'
equal 'proofs that all the files tell of' "$(zcat --force $LOG.2.gz $LOG.1.gz $LOG | grep --count 'proof accepted')" 3
