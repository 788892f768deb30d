#!/usr/bin/env bash
# Runs the scenarios, in the system that main.sh has booted, and reports them as TAP (testanything.org). DEB_TEST_ONLY chooses.
set -uo pipefail

GUEST=/deb-test/scripts/test-deb/guest
RESULTS=/deb-test/results
# What a scenario may take; its own waits are shorter.
SCENARIO_SECS=300
# The environment of process 1 is what main.sh hands over.
eval "$(tr '\0' '\n' </proc/1/environ | sed -n "s/^\(DEB_TEST_[A-Z]*\)=\(.*\)$/\1='\2'/p")"
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

count=0 failed=0
for scenario in "$GUEST"/scenarios/*.sh; do
  name=$(basename "$scenario" .sh)
  title=$(sed -n '2s/^# //p' "$scenario")
  [[ "$name $title" == *"${DEB_TEST_ONLY-}"* ]] || continue
  count=$((count + 1))
  mkdir "$RESULTS/$name"
  started=${EPOCHREALTIME/./}
  if timeout --kill-after=5 $SCENARIO_SECS "$GUEST/run-scenario.sh" "$scenario" >"$RESULTS/$name/output" 2>&1; then
    verdict=ok
  else
    verdict='not ok' failed=$((failed + 1))
  fi
  printf '%s %d - %s (%d.%d s)\n' "$verdict" "$count" "$title" $(((${EPOCHREALTIME/./} - started) / 1000000)) $(((${EPOCHREALTIME/./} - started) / 100000 % 10))
  if [[ $verdict != ok ]]; then
    tail --lines=8 "$RESULTS/$name/output" | sed 's/^/#   /'
    echo "#   --- the last of the journal"
    journalctl --unit=aitbc-miner --since="@${started:0:10}" --no-pager --output=cat --lines=20 | sed 's/^/#   /'
  fi
  grep '^note: ' "$RESULTS/$name/output" | sed 's/^note: /#   /'
done
journalctl --no-pager --output=short-iso >"$RESULTS/journal"
journalctl --no-pager --unit=aitbc-miner >"$RESULTS/journal-aitbc-miner"
echo "1..$count"
if [[ -n ${DEB_TEST_KEEP-} ]]; then
  echo '# The system goes on until Ctrl-C. To look around in it:'
  echo "#   nsenter --all --target \$(pgrep --newest --full '^/(usr/)?lib/systemd/systemd( |$)') bash"
  sleep infinity
fi
((failed == 0 && count > 0))
