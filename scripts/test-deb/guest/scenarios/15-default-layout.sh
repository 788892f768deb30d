# shellcheck shell=bash
# everything lies where it belongs, owned and readable as it should be

stopped_miner
systemctl start aitbc-miner
# about PATH: owner, group and mode.
about() { stat --format='%U:%G %a' "$1"; }
equal 'the conf is for root and the service' "$(about $CONF)" 'root:aitbc-miner 640'
equal 'the state is the service'"'"'s' "$(about $STATE)" 'aitbc-miner:aitbc-miner 750'
equal 'the log is the service'"'"'s, for admins to read' "$(about $LOG)" 'aitbc-miner:adm 640'
equal 'the program is root'"'"'s' "$(about /usr/lib/aitbc-miner/node)" 'root:root 755'
equal 'root owns all of the program' "$(find /usr/lib/aitbc-miner ! -user root -o -perm /022 ! -type l | head --lines=3)" ''
check 'the conf is a conffile' grep --quiet " $CONF " <(dpkg-query --show --showformat='${Conffiles}' aitbc-miner)
equal 'dpkg finds all as it was packed' "$(dpkg --verify aitbc-miner aitbc-mock-coordinator | grep --invert-match " c $CONF" || true)" ''
equal 'dpkg has nothing to complain about' "$(dpkg --audit)" ''
equal 'the service starts with the machine' "$(systemctl is-enabled aitbc-miner)" enabled
for file in /etc/logrotate.d/aitbc-miner /usr/share/man/man1/aitbc-miner.1.gz /usr/share/man/man5/miner.conf.5.gz \
  /usr/share/bash-completion/completions/aitbc-miner /usr/lib/sysusers.d/aitbc-miner.conf /usr/lib/tmpfiles.d/aitbc-miner.conf \
  /usr/share/doc/aitbc-miner/docs/service.md; do
  check "there is $file" grep --quiet --line-regexp "$file" <(dpkg --listfiles aitbc-miner)
done
equal 'the command tells the version of the package' "$(aitbc-miner --version | grep --only-matching '[0-9][0-9.]*' | head --lines=1)" "$(dpkg-query --show --showformat='${Version}' aitbc-miner)"
code=0
runuser --user nobody -- aitbc-miner status 2>"$RESULTS/nobody" || code=$?
equal 'to any other user, status ends as not permitted' $code 77
check 'and says what to do' says 'run the command with sudo' "$RESULTS/nobody"
