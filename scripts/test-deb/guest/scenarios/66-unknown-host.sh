# shellcheck shell=bash
# a coordinator whose name no resolver knows: it waits, and names the host

stopped_miner
set_key COORD_URL https://coordinator.aitbc.invalid
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
systemctl start aitbc-miner
within 30 'the journal names the host and the reason' journal_says_like 'coordinator\.aitbc\.invalid.*'
within 30 'the journal says why' journal_says_like 'ENOTFOUND|EAI_AGAIN|not found|no such name|name'
equal 'it is active' "$(property ActiveState)" active
equal 'it was not restarted' "$(property NRestarts)" 0
