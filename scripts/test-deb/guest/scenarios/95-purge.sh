# shellcheck shell=bash
# purge leaves nothing behind: no file of its name, none of its user, no user

working_miner
job=$(submit "$SHORT_JOB")
within 40 'a job is done' job_is "$job" completed
logrotate --force /etc/logrotate.d/aitbc-miner
uid=$(id --user aitbc-miner) gid=$(id --group aitbc-miner)
# Unlike a bare remainder, these make dpkg or rm stumble.
touch $CONF.dpkg-old $CONF~ $STATE/models/stray 2>/dev/null || true
purge aitbc-miner aitbc-mock-coordinator
rm --recursive --force $DROPINS

# The copies in apt's cache, and the systemd journal, are not the package's.
left=$(find / -xdev \( -path /proc -o -path /deb-test -o -path /var/cache/apt -o -path /var/log/journal -o -path /var/log/apt \) -prune -o \
  \( -iname '*aitbc*' -o -uid "$uid" -o -gid "$gid" \) -print)
equal 'files left' "$left" ''
left=$(find /run /tmp /var/tmp /dev/shm -xdev -path /run/log -prune -o -path /run/systemd -prune -o \( -iname '*aitbc*' -o -uid "$uid" \) -print)
equal 'files left in /run and /tmp' "$left" ''
refute 'no user is left' getent passwd aitbc-miner
refute 'no group is left' getent group aitbc-miner
equal 'systemd knows no unit of it' "$(systemctl list-unit-files --no-legend '*aitbc*' || true)" ''
equal 'nothing has failed' "$(systemctl list-units --failed --no-legend --plain | cut --delimiter=' ' --fields=1)" ''
equal 'dpkg knows nothing of it' "$(dpkg-query --show --showformat='${db:Status-Abbrev}' aitbc-miner aitbc-mock-coordinator 2>/dev/null || true)" ''
