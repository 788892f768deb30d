#!/usr/bin/env bash
# Boots a Debian tree with its own systemd, without a network, and ends with the exit status that the test unit in it gives.
# boot.sh TREE FOLDER NAME OPTION...; the folder is an empty one to mount in, the options go to systemd-nspawn.
#
# It is run by main.sh in name spaces of its own for mounts and processes: whatever is mounted and started here goes with them,
# however the test ends. The tree itself is not written to.
set -euo pipefail

tree=$1 layers=$2 name=$3
shift 3

mount -t tmpfs -o size=6g,mode=0755 deb-test "$layers"
mkdir "$layers/changes" "$layers/work" "$layers/root"
mount -t overlay -o "lowerdir=$tree,upperdir=$layers/changes,workdir=$layers/work" deb-test "$layers/root"

# systemd-nspawn wants a system bus, and leaves folders here.
mkdir -p /run/dbus /run/systemd/nspawn
mount -t tmpfs deb-test /run/dbus
mount -t tmpfs deb-test /run/systemd/nspawn
dbus-daemon --system --nofork --nopidfile --nosyslog &
until [[ -S /run/dbus/system_bus_socket ]]; do sleep 0.05; done

here=$(dirname "$(realpath "$0")")
install -D -m 644 "$here/guest/deb-test.service" "$layers/root/etc/systemd/system/deb-test.service"
mkdir -p "$layers/root/etc/systemd/system/multi-user.target.wants"
ln -s ../deb-test.service "$layers/root/etc/systemd/system/multi-user.target.wants/deb-test.service"

# Debian 13's systemd knows the unified hierarchy alone, Debian 12's takes it as well.
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
# Its filter is older than Landlock, which a machine lets every process use.
systemd-nspawn --system-call-filter='landlock_create_ruleset landlock_add_rule landlock_restrict_self' \
  --quiet --directory="$layers/root" --machine="$name" --register=no --keep-unit --private-network --boot "$@"
