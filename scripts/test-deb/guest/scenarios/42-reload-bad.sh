# shellcheck shell=bash
# reload with a bad conf: it is refused with the key and its line, the settings of before stay in force

working_miner
daemon=$(miner_pid)
set_key HEARTBEAT_SECS soon
line=$(grep --line-number '^HEARTBEAT_SECS=' $CONF | cut --delimiter=: --fields=1)
refute 'systemctl reload fails' systemctl reload aitbc-miner
check 'the journal names key, file and line' journal_says_like "(HEARTBEAT_SECS.*miner.conf:$line|miner.conf:$line.*HEARTBEAT_SECS)"
# As it also is where somebody else sends the signal.
begin_journal
kill -HUP "$daemon"
within 10 'a bare SIGHUP is refused as well' journal_says 'the settings of before stay in force'
check 'and names the key' journal_says 'HEARTBEAT_SECS'
equal 'the daemon goes on' "$(miner_pid)" "$daemon"
job=$(submit "$SHORT_JOB")
within 40 'it works with the settings of before' job_is "$job" completed
