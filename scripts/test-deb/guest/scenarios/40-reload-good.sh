# shellcheck shell=bash
# reload with a good conf: the new settings are in force, in the same process

working_miner
daemon=$(miner_pid)
set_key WALLET_ADDR "$WALLET-new" MAX_CONCURRENCY 2
systemctl reload aitbc-miner
within 20 'the journal names what has changed' journal_says_like 'new settings.*(WALLET_ADDR.*MAX_CONCURRENCY|MAX_CONCURRENCY.*WALLET_ADDR)'
is_reached_again() { (($(journal | grep --count 'coordinator reached') == 2)); }
within 20 'the coordinator is reached with the new settings' is_reached_again
job=$(submit "$SHORT_JOB")
within 40 'a job is done' job_is "$job" completed
equal 'the new wallet was paid' "$(client balance "$WALLET-new")" 0.25
equal 'the process is the same' "$(miner_pid)" "$daemon"

begin_journal
systemctl reload aitbc-miner
within 10 'a reload without a change says so' journal_says 'no setting has changed'
