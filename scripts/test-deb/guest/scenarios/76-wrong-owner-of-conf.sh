# shellcheck shell=bash
# a conf that an editor has left to root alone is put right at the start, and readable by nobody else

stopped_miner
chown root:root $CONF
chmod 600 $CONF
systemctl start aitbc-miner
within 20 'the miner has reached the coordinator' journal_says 'coordinator reached'
equal 'the conf is for root and the service' "$(stat --format='%U:%G %a' $CONF)" 'root:aitbc-miner 640'

chmod 644 $CONF
systemctl restart aitbc-miner
equal 'a conf that anybody could read is closed' "$(stat --format='%U:%G %a' $CONF)" 'root:aitbc-miner 640'
