# shellcheck shell=bash
# a full disk under the state: no job is taken, the journal says so, and it works again once there is room

stopped_miner
mount -t tmpfs -o size=12m,mode=0750,uid="$(id --user aitbc-miner)",gid="$(id --group aitbc-miner)" small $STATE
trap 'systemctl stop aitbc-miner; umount $STATE' EXIT
systemctl start aitbc-miner
within 20 'the miner has reached the coordinator' journal_says 'coordinator reached'
# Whole, to the last block.
cat /dev/zero >$STATE/ballast 2>/dev/null || true
job=$(submit "$SHORT_JOB")
within 30 'the journal says what is full' journal_says_like 'no space left|disk is full|disk full|full'
equal 'the daemon is active' "$(property ActiveState)" active
equal 'the job was not paid' "$(payments "$job" "$WALLET")" 0
rm $STATE/ballast
within 100 'the job is done once there is room' job_is "$job" completed
equal 'it was paid once' "$(payments "$job" "$WALLET")" 1
equal 'it was not restarted' "$(property NRestarts)" 0
