# shellcheck shell=bash
# reload while a job runs: the job ends as it began, then the new settings are in force

working_miner
job=$(submit "$MEDIUM_JOB")
within 20 'the job runs' journal_says 'job accepted'
set_key WALLET_ADDR "$WALLET-new"
systemctl reload aitbc-miner
within 90 'the job is completed' job_is "$job" completed
equal 'it was paid once, to the wallet of before' "$(payments "$job" "$WALLET")" 1
next=$(submit "$SHORT_JOB")
within 40 'the next job is done' job_is "$next" completed
equal 'that one was paid to the new wallet' "$(payments "$next" "$WALLET-new")" 1
