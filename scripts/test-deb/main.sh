#!/usr/bin/env bash
# `npm run test:deb`: installs the packages in minimal Debian 12 and 13 systems, booted with their own systemd, and tries there what an
# operator and fate do with them. docs/testing-the-package.md tells more.
set -euo pipefail

HELP='Usage: npm run test:deb -- [options]

Builds the packages and tests them in booted Debian 12 and 13 containers. Needs root.

Options:
  --suite SUITE    bookworm or trixie alone (default: both, at the same time)
  --only TEXT      only the scenarios whose file name or title contains the text
  --debs FOLDER    test the packages in that folder instead of building them
  --keep           leave the system running at the end to look around in, until Ctrl-C; wants --suite
  --help           this text

The results are left in dist/test-deb/SUITE: journals, and what systemctl and the commands said.

Exit codes: 0 all passed, 1 something failed, 2 wrong usage, 77 cannot be run here.
'
# A system boots in seconds and the scenarios bound their own waits: this is for a system that hangs.
LIMIT_SECS=1200
# Command, and the Debian package that brings it.
NEEDS=(systemd-nspawn:systemd-container mmdebstrap:mmdebstrap dbus-daemon:dbus dpkg-deb:dpkg unshare:util-linux timeout:coreutils)

cd "$(dirname "$0")/../.."
CACHE=${AITBC_TEST_CACHE:-$HOME/.cache/aitbc-miner}
RESULTS=$PWD/dist/test-deb
# shellcheck source=scripts/test-deb/base-tree.sh
. scripts/test-deb/base-tree.sh
# shellcheck source=scripts/test-deb/other-versions.sh
. scripts/test-deb/other-versions.sh

say() { printf 'test:deb: %s\n' "$*" >&2; }
end() { say "${@:2}" && exit "$1"; }

read_options() {
  suites=(bookworm trixie) only='' debs='' keep=''
  while (($#)); do
    case $1 in
      --suite | --only | --debs) (($# > 1)) || end 2 "$1 wants a value; see --help" ;;&
      --suite) [[ $2 =~ ^(bookworm|trixie)$ ]] || end 2 "--suite must be bookworm or trixie, not $2"; suites=("$2"); shift 2 ;;
      --only) only=$2; shift 2 ;;
      --debs) debs=$2; shift 2 ;;
      --keep) keep=yes; shift ;;
      --help) printf '%s' "$HELP" && exit 0 ;;
      *) end 2 "there is no option $1; see --help" ;;
    esac
  done
  [[ -z $keep ]] || ((${#suites[@]} == 1)) || end 2 '--keep leaves one system running: say which with --suite'
}

check_host() {
  local need missing=()
  [[ $(id -u) == 0 ]] || end 77 'booting a system needs root: run it as root'
  for need in "${NEEDS[@]}"; do command -v "${need%:*}" >/dev/null || missing+=("${need#*:}"); done
  ((${#missing[@]} == 0)) || end 77 "these Debian packages are missing: apt-get install --no-install-recommends ${missing[*]}"
}

# one_deb NAME: the newest package of that name in $debs.
one_deb() {
  local found
  found=$(find "$debs" -maxdepth 1 -name "$1_*.deb" -printf '%T@ %p\n' | sort --numeric --reverse | head --lines=1)
  [[ -n $found ]] || end 1 "there is no package $1 in $debs"
  printf '%s\n' "${found#* }"
}

# test_suite SUITE: boots the suite's system and runs the scenarios in it; their lines go to standard output.
test_suite() {
  local suite=$1 results=$RESULTS/$1 status=0 tree following
  tree=$(base_tree "$suite" "$miner_deb" "$coordinator_deb")
  mkdir --parents "$results"
  find "$results" -mindepth 1 -delete
  : >"$results/progress"
  enter_cgroup
  # However this ends, the system ends with it. It is killed, not shut down: nothing of it is kept.
  trap 'kill "${booted-}" 2>/dev/null && wait "$booted"; leave_cgroup' EXIT
  trap 'exit 143' TERM
  timeout --kill-after=5 $LIMIT_SECS \
    unshare --mount --propagation=private --pid --fork --kill-child --mount-proc \
    scripts/test-deb/boot.sh "$tree" "$work/$suite" "deb-test-$suite" \
    --bind-ro="$PWD/scripts:/deb-test/scripts" --bind-ro="$PWD/src:/deb-test/src" --bind-ro="$PWD/install.sh:/deb-test/install.sh" \
    --bind-ro="$PWD/node_modules/zod:/deb-test/node_modules/zod" --bind-ro="$packages:/deb-test/packages" \
    --bind="$results:/deb-test/results" \
    --setenv=DEB_TEST_ONLY="$only" --setenv=DEB_TEST_KEEP="$keep" \
    </dev/null >"$results/console" 2>&1 &
  booted=$!
  tail --follow --lines=+1 --sleep-interval=0.2 --pid=$booted "$results/progress" > >(sed --unbuffered "s/^/$suite: /") &
  following=$!
  wait $booted || status=$?
  wait $following
  ((status != 124 && status != 137)) || say "$suite: the system was ended after $LIMIT_SECS s"
  # The last line of a whole run; one that ended before it has told nobody.
  grep --quiet '^1\.\.' "$results/progress" || { say "$suite: the scenarios did not come to their end"; tail "$results/console" >&2; status=1; }
  return $status
}

# Two systems in one control group would both take it for their own.
enter_cgroup() {
  local root cgroup
  cgroups=()
  for root in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    [[ -e $root/cgroup.procs ]] || continue
    cgroup=$root/aitbc-deb-test-$BASHPID
    mkdir "$cgroup"
    cgroups+=("$cgroup")
    echo "$BASHPID" >"$cgroup/cgroup.procs"
  done
}
# shellcheck disable=SC2317 # the trap in test_suite calls it
leave_cgroup() {
  local cgroup
  for cgroup in "${cgroups[@]}"; do
    echo "$BASHPID" >"${cgroup%/*}/cgroup.procs"
    # What lived in it is gone, but for the kernel a moment later.
    for _ in {1..50}; do find "$cgroup" -depth -type d -delete 2>/dev/null && break; sleep 0.1; done || true
  done
}

read_options "$@"
check_host
mkdir --parents "$CACHE"
if [[ -z $debs ]]; then
  node scripts/build-deb/main.ts
  debs=dist
fi
miner_deb=$(one_deb aitbc-miner)
coordinator_deb=$(one_deb aitbc-mock-coordinator)
work=$(mktemp --directory)
packages=$work/packages
running=()
# A child that is told to end takes its container along.
trap 'kill "${running[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$packages" "${suites[@]/#/"$work/"}"
gather_packages "$miner_deb" "$coordinator_deb" "$packages"

started=$SECONDS
for suite in "${suites[@]}"; do
  test_suite "$suite" &
  running+=($!)
done
status=0
for child in "${running[@]}"; do wait "$child" || status=1; done
running=()
say "$( ((status)) && echo 'something failed' || echo 'all passed') in $((SECONDS - started)) s; results in ${RESULTS#"$PWD/"}"
exit $status
