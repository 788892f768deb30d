# shellcheck shell=bash
# a disk that is full at the start: the journal says what to do, and the service comes up once there is room

stopped_miner
drop_in RestartSec=2s
mount -t tmpfs -o size=2m,mode=0750,uid="$(id --user aitbc-miner)",gid="$(id --group aitbc-miner)" small $STATE
trap 'systemctl stop aitbc-miner; umount $STATE' EXIT
cat /dev/zero >$STATE/ballast 2>/dev/null || true
systemctl start --no-block aitbc-miner
within 20 'the journal says what is full' journal_says_like 'no space left|disk is full|disk full|full'
mount -o remount,size=40m $STATE
within 100 'it comes up' journal_says 'coordinator reached'
check 'it was started no more than twice: a fault that lasts does not use up its starts' test "$(property NRestarts)" -le 1
