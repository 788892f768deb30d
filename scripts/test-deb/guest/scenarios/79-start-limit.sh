# shellcheck shell=bash
# a service that failed too often stays down; once its cause is mended, install.sh and an upgrade start it again

# fails_too_often: the cause is there, and the service comes to rest.
fails_too_often() {
  touch /run/cannot-start
  systemctl restart aitbc-miner || true
  within 30 'it comes to rest' journal_says 'Start request repeated too quickly'
  within 10 'it has failed' is_state 'failed failed'
  rm /run/cannot-start
  refute 'without its cause it is refused the start' systemctl start aitbc-miner
}

stopped_miner
drop_in ExecStart= 'ExecStart=/bin/sh -c "test ! -e /run/cannot-start && exec /usr/bin/aitbc-miner run"' RestartSec=100ms '[Unit]' StartLimitBurst=3
fails_too_often
check 'doctor says how it starts again' says 'systemctl reset-failed aitbc-miner' <(aitbc-miner doctor || true)
sh /deb-test/install.sh --yes "$PACKAGES/aitbc-miner.deb" >"$RESULTS/install-sh" 2>&1
equal 'install.sh starts it' "$(property ActiveState)" active

begin_journal
fails_too_often
install --reinstall "$PACKAGES/aitbc-miner.deb"
within 20 'an upgrade starts it' is_state 'active running'
