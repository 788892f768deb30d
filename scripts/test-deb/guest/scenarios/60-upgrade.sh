# shellcheck shell=bash
# upgrade from the previous version with a job in flight: the job ends exactly once, conf and state are kept

stopped_miner
install_previous
check 'the previous version is there' grep --quiet '~previous$' <(dpkg-query --show --showformat='${Version}' aitbc-miner)
set_key COORD_URL http://127.0.0.1:8080 WALLET_ADDR "$WALLET" API_KEY secret-of-the-tests HEARTBEAT_SECS 2
systemctl restart aitbc-miner
within 20 'it has reached the coordinator' journal_says 'coordinator reached'
conf=$(sha256sum $CONF)
node_key=$(sha256sum $STATE/identity.pem)
job=$(submit "$MEDIUM_JOB")
within 20 'the job runs' journal_says 'job accepted'
begin_journal
install "$PACKAGES/aitbc-miner.deb"
equal 'the new version is there' "$(dpkg-query --show --showformat='${Version}' aitbc-miner)" "$(dpkg-deb --field "$PACKAGES/aitbc-miner.deb" Version)"
within 30 'the service runs again' is_state 'active running'
within 90 'the job is completed' job_is "$job" completed
equal 'it was paid once' "$(payments "$job" "$WALLET")" 1
equal 'the conf is the operator'"'"'s' "$(sha256sum $CONF)" "$conf"
equal 'the node has the same key' "$(sha256sum $STATE/identity.pem)" "$node_key"
equal 'the conf is for root and the service' "$(stat --format='%U:%G %a' $CONF)" 'root:aitbc-miner 640'
next=$(submit "$SHORT_JOB")
within 40 'the new version works' job_is "$next" completed
