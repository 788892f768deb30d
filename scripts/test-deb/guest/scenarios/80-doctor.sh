# shellcheck shell=bash
# doctor finds nothing wrong with a miner that works, and the fault of one that does not

working_miner
aitbc-miner doctor >"$RESULTS/doctor" 2>&1 || fail "doctor ends 0, but: $(cat "$RESULTS/doctor")"
check 'it tells what holds the engines' says_like 'sandbox.*Landlock ABI [0-9]+, seccomp' "$RESULTS/doctor"
aitbc-miner doctor --json >"$RESULTS/doctor.json"
check 'its --json is JSON' "$NODE" -e 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))' "$RESULTS/doctor.json"
systemctl stop aitbc-mock-coordinator
refute 'without a coordinator it does not end 0' aitbc-miner doctor >"$RESULTS/doctor-without-coordinator" 2>&1
check 'and says what to do' says_like 'coordinator.*→' "$RESULTS/doctor-without-coordinator"
