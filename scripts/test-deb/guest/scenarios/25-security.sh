# shellcheck shell=bash
# systemd-analyze security finds little to blame, and the sandbox holds

working_miner
systemd-analyze security --no-pager aitbc-miner >"$RESULTS/security"
exposure=$(sed -n 's/.*Overall exposure level for aitbc-miner.service: \([0-9.]*\).*/\1/p' "$RESULTS/security")
note "systemd-analyze security: $exposure"
check 'the exposure is at most 2.0' test "$(tr --delete . <<<"$exposure")" -le 20
equal 'it runs as its own user' "$(stat --format=%U "/proc/$(miner_pid)")" aitbc-miner
equal 'it has no capabilities' "$(sed -n 's/^CapEff:\t//p' "/proc/$(miner_pid)/status")" 0000000000000000
equal 'a new program gives it no new rights' "$(sed -n 's/^NoNewPrivs:\t//p' "/proc/$(miner_pid)/status")" 1
