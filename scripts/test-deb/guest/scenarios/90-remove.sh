# shellcheck shell=bash
# remove keeps conf, key and models; installing again goes on where it was

working_miner
job=$(submit "$SHORT_JOB")
within 40 'a job is done' job_is "$job" completed
conf=$(sha256sum $CONF)
node_key=$(sha256sum $STATE/identity.pem)
apt-get remove --yes --quiet --quiet aitbc-miner </dev/null >>"$RESULTS/apt" 2>&1
equal 'the service is gone' "$(property LoadState)" not-found
refute 'no process of it is left' grep --quiet --line-regexp aitbc-miner <(stat --format=%U /proc/[0-9]* 2>/dev/null)
refute 'the program is gone' test -e /usr/lib/aitbc-miner/node
equal 'the conf is kept' "$(sha256sum $CONF)" "$conf"
equal 'the key is kept' "$(sha256sum $STATE/identity.pem)" "$node_key"
install "$PACKAGES/aitbc-miner.deb" "$PACKAGES/aitbc-mock-coordinator.deb"
within 30 'the service runs again' is_state 'active running'
equal 'with its conf' "$(sha256sum $CONF)" "$conf"
