# shellcheck shell=bash disable=SC2034 # scenarios use what is set here
# What scenarios do with the packages, the service and its files.

PACKAGES=/deb-test/packages
CONF=/etc/aitbc/miner.conf
STATE=/var/lib/aitbc-miner
LOG=/var/log/aitbc-miner.log
DROPINS=/run/systemd/system/aitbc-miner.service.d
WALLET=wallet_$SCENARIO

install() { apt-get install --yes --quiet --quiet --allow-downgrades -o Dpkg::Options::=--force-confold "$@" </dev/null >>"$RESULTS/apt" 2>&1; }
install_previous() { install "$PACKAGES/aitbc-miner-previous.deb" "$PACKAGES/aitbc-mock-coordinator-previous.deb"; }
purge() { apt-get purge --yes --quiet --quiet "$@" </dev/null >>"$RESULTS/apt" 2>&1; }
# has_version VERSION PACKAGE: that very version is installed.
has_version() { [[ $(dpkg-query --show --showformat='${Version} ${db:Status-Status}' "$2" 2>/dev/null) == "$1 installed" ]]; }

# property NAME [UNIT]
property() { systemctl show --property="$1" --value "${2:-aitbc-miner}"; }
is_state() { [[ "$(property ActiveState) $(property SubState)" == "$1" ]]; }
status_says() { [[ $(property StatusText) == *"$1"* ]]; }

# The conf as the package brings it.
default_conf() { dpkg-deb --fsys-tarfile "$PACKAGES/aitbc-miner.deb" | tar --extract --to-stdout ./etc/aitbc/miner.conf; }
put_default_conf() { default_conf >$CONF && chown root:aitbc-miner $CONF && chmod 640 $CONF; }

# set_key KEY VALUE...: edits the conf as an operator does, in its place or at its end.
set_key() {
  while (($#)); do
    if grep --quiet --extended-regexp "^#?$1=" $CONF; then
      sed --in-place --regexp-extended "s|^#?$1=.*|$1=\"$2\"|" $CONF
    else
      echo "$1=\"$2\"" >>$CONF
    fi
    shift 2
  done
}

# drop_in LINE...: lines for the [Service] section, until the next working_miner.
drop_in() {
  mkdir --parents $DROPINS
  { echo '[Service]' && printf '%s\n' "$@"; } >"$DROPINS/test.conf"
  systemctl daemon-reload
}

# The state from which most scenarios start: both packages as they are to be, nothing of former scenarios left, service stopped, conf
# set up for the coordinator of this machine, which runs and has no jobs.
stopped_miner() {
  local version
  version=$(dpkg-deb --field "$PACKAGES/aitbc-miner.deb" Version)
  if ! has_version "$version" aitbc-miner || ! has_version "$version" aitbc-mock-coordinator; then
    install "$PACKAGES/aitbc-miner.deb" "$PACKAGES/aitbc-mock-coordinator.deb"
  fi
  systemctl kill --signal=KILL aitbc-miner 2>/dev/null || true
  systemctl stop aitbc-miner aitbc-mock-coordinator
  rm --recursive --force $DROPINS
  systemctl daemon-reload
  systemctl reset-failed
  find $STATE /var/lib/private/aitbc-mock-coordinator -mindepth 1 -delete
  rm --force $LOG $LOG.*
  chown aitbc-miner:aitbc-miner $STATE
  chmod 750 $STATE
  put_default_conf
  set_key COORD_URL http://127.0.0.1:8080 WALLET_ADDR "$WALLET" API_KEY secret-of-the-tests HEARTBEAT_SECS 2 JOB_POLL_SECS 1
  systemctl start aitbc-mock-coordinator
  within 20 'the coordinator answers' coordinator_answers
  begin_journal
}

working_miner() {
  stopped_miner
  systemctl start aitbc-miner
  within 20 'the miner has reached the coordinator' journal_says 'coordinator reached'
}

miner_pid() { property MainPID; }
# engine_pids: the processes that compute, children of the daemon; fails where there are none. A minimal system has no pgrep.
engine_pids() {
  local pid found=()
  # shellcheck disable=SC2013 # words it is: all the numbers stand on one line
  for pid in $(cat "/proc/$(miner_pid)/task/"*/children); do
    tr '\0' ' ' <"/proc/$pid/cmdline" | grep --quiet 'engine/child' && found+=("$pid")
  done
  ((${#found[@]})) && echo "${found[*]}"
}
