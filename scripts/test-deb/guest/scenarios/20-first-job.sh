# shellcheck shell=bash
# an llm_gen job goes from the coordinator to a receipt, and systemctl and journalctl tell of it in words

working_miner
job=$(submit "$SHORT_JOB")
within 30 'the job is completed' job_is "$job" completed
check 'it has a receipt' grep --quiet --extended-regexp '^accepted [0-9a-f]{64}$' <(client receipt "$job")
equal 'the receipt is of the output' "$(client receipt "$job")" "accepted $(client output "$job" | head --bytes=-1 | sha256sum | cut --delimiter=' ' --fields=1)"
check 'there is a text' grep --quiet --extended-regexp '"text":".{20,}"' <(client output "$job")
equal 'the wallet was credited' "$(balance)" 0.25
equal 'it was paid once' "$(payments "$job" "$WALLET")" 1

within 20 'the status tells of the job' status_says '1 done'
systemctl status --no-pager --full --lines=20 aitbc-miner >"$RESULTS/systemctl-status"
journalctl --unit=aitbc-miner --no-pager ${journal_cursor:+"--after-cursor=$journal_cursor"} >"$RESULTS/journalctl"
check 'systemctl status: active' says 'active (running)' "$RESULTS/systemctl-status"
check 'systemctl status: what it does' says_like 'Status: ".*ready' "$RESULTS/systemctl-status"
for line in 'miner starting' 'coordinator reached' 'job accepted' 'job done' 'proof accepted'; do
  check "journalctl: $line" says "$line" "$RESULTS/journalctl"
done
check 'journalctl: which job' says "$job" "$RESULTS/journalctl"
check 'the log file has the same' says "$job" $LOG
refute 'the key stands in no log' grep --quiet --recursive 'Bearer\|secret-of-the-tests' $LOG "$RESULTS/journalctl"
