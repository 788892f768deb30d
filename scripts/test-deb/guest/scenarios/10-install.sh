# shellcheck shell=bash
# from the packages to the first credited job in four commands, and how long that took

for command in node curl jq python3; do refute "the system is minimal, without $command" command -v "$command"; done

from_us=${EPOCHREALTIME/./}
install "$PACKAGES/aitbc-miner.deb" "$PACKAGES/aitbc-mock-coordinator.deb"
installed_us=${EPOCHREALTIME/./}
sed --in-place 's|https://coordinator.example.net|http://127.0.0.1:8080|' $CONF
systemctl restart aitbc-miner
job=$(submit "$SHORT_JOB")
within 40 'the job is credited' job_is "$job" completed
credited_us=${EPOCHREALTIME/./}

note "installed in $(((installed_us - from_us) / 100000)) tenths of a second, credited after $(((credited_us - from_us) / 100000))"
equal 'the wallet of the conf was paid' "$(client balance wallet_demo)" 0.25
