# shellcheck shell=bash
# a conf on a read-only file system is as good as any

stopped_miner
mount --bind $CONF $CONF
mount -o remount,bind,ro $CONF
trap 'umount $CONF' EXIT
systemctl start aitbc-miner
job=$(submit "$SHORT_JOB")
within 40 'the job is done' job_is "$job" completed
systemctl reload aitbc-miner
within 20 'it can be read again' journal_says 'no setting has changed'
equal 'the service is active' "$(property ActiveState)" active
