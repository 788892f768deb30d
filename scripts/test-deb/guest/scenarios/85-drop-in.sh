# shellcheck shell=bash
# an operator's drop-in overrides the limits of the package

stopped_miner
drop_in CPUQuota=150% MemoryMax=3G
systemctl start aitbc-miner
job=$(submit "$SHORT_JOB")
within 40 'the job is done' job_is "$job" completed
check 'the quota is in force' grep --quiet --extended-regexp '^1\.50*s$' <(property CPUQuotaPerSecUSec)
equal 'so is the limit of memory' "$(property MemoryMax)" 3221225472
