# shellcheck shell=bash
# a bad conf at the start: the service fails once, with the key and its line, and is not started over and over

stopped_miner
set_key MAX_CONCURRENCY many
line=$(grep --line-number '^MAX_CONCURRENCY=' $CONF | cut --delimiter=: --fields=1)
refute 'systemctl start fails' systemctl start aitbc-miner
check 'the journal names key, file and line' journal_says_like "(MAX_CONCURRENCY.*miner.conf:$line|miner.conf:$line.*MAX_CONCURRENCY)"
sleep 12
equal 'it was not started again' "$(property NRestarts) $(property ActiveState)" '0 failed'
set_key MAX_CONCURRENCY 1
systemctl start aitbc-miner
within 20 'with a good one it works' journal_says 'coordinator reached'
