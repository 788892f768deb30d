#!/bin/sh
# Installs aitbc-miner from its .deb on Debian 12, Debian 13 or Ubuntu 24.04, sets the conf, starts the service.
# It can be run again at any time: what is as it should be is left alone.
set -eu
LC_ALL=C
export LC_ALL

PROGRAM=${0##*/}
HERE=$(cd "$(dirname "$0")" && pwd)
# Tests put a system of their own in the place of /.
ROOT=${AITBC_INSTALL_ROOT:-}
CONF=$ROOT/etc/aitbc/miner.conf
UNIT=aitbc-miner.service

usage() {
  cat <<EOF
Usage: sudo ./$PROGRAM [options] [FILE.deb]

Installs aitbc-miner and starts its service. Without FILE.deb it takes the newest dist/aitbc-miner_*.deb beside this script.
Values that the conf lacks are asked for on a terminal. Nothing is changed that is already as it should be.

Options:
  --coord-url URL       URL of the coordinator
  --wallet ADDRESS      payout address
  --api-key-file FILE   file with the API key on its first line; the key itself is never an argument
  --uninstall           remove the program; conf, models, journal and log stay
  --purge               remove everything, conf, models, journal and log too
  --dry-run             print the commands, change nothing
  --yes                 ask nothing
  --help                this text

Exit codes: 0 done, 1 it failed (the message says why), 2 the command line is wrong.
EOF
}

say() { printf '%s\n' "$*"; }
warn() { printf '! %s\n' "$*" >&2; }
die() {
  printf '%s: %s\n' "$PROGRAM" "$*" >&2
  exit 1
}
die_usage() {
  printf '%s: %s\n  see: ./%s --help\n' "$PROGRAM" "$*" "$PROGRAM" >&2
  exit 2
}

# Runs a command, or prints it on a dry run.
run() {
  if [ "$dry_run" = yes ]; then
    printf '+'
    printf ' %s' "$@"
    printf '\n'
  else
    "$@"
  fi
}

is_installed() {
  case $(dpkg-query --show --showformat='${db:Status-Abbrev}' "$1" 2>/dev/null) in
    ?i*) return 0 ;;
    *) return 1 ;;
  esac
}

# Installed, or removed with its conf left.
is_known() { [ -n "$(dpkg-query --show --showformat='${db:Status-Abbrev}' "$1" 2>/dev/null | grep '^[a-z][ic]' || true)" ]; }

is_on_terminal() { [ "$assume_yes" = no ] && [ "$dry_run" = no ] && [ -t 0 ] && [ -t 2 ]; }

confirm() {
  [ "$assume_yes" = no ] && [ "$dry_run" = no ] || return 0
  [ -t 0 ] || die "this needs a yes, and there is no terminal to ask on: add --yes"
  printf '%s [y/N] ' "$1" >&2
  read -r answer || answer=
  case $answer in
    y | Y | yes) return 0 ;;
    *) die "left as it was" ;;
  esac
}

check_system() {
  [ -r "$ROOT/etc/os-release" ] || die "this is no Debian 12, Debian 13 or Ubuntu 24.04: there is no /etc/os-release"
  # shellcheck source=/dev/null
  system=$(. "$ROOT/etc/os-release" && printf '%s %s' "${ID:-}" "${VERSION_ID:-}")
  case $system in
    'debian 12' | 'debian 13' | 'ubuntu 24.04') ;;
    *) die "this script is for Debian 12, Debian 13 and Ubuntu 24.04, and this is ${system}; on a system akin to these: apt install ./FILE.deb" ;;
  esac
  command -v apt-get >/dev/null || die "there is no apt-get on the PATH"
}

# --- The package

newest_deb() {
  newest=
  for candidate in "$HERE"/dist/aitbc-miner_*_"$(dpkg --print-architecture)".deb; do
    [ -e "$candidate" ] || continue
    # shellcheck disable=SC3013 # dash and bash have -nt
    if [ -z "$newest" ] || [ "$candidate" -nt "$newest" ]; then newest=$candidate; fi
  done
  printf '%s' "$newest"
}

choose_deb() {
  if [ -z "$deb" ]; then
    deb=$(newest_deb)
    [ -n "$deb" ] || die "there is no dist/aitbc-miner_*_$(dpkg --print-architecture).deb: name a FILE.deb, or build one (npm ci && npm run build:deb)"
  fi
  [ -f "$deb" ] || die "there is no file $deb"
  deb=$(readlink -f "$deb")
  package=$(dpkg-deb --field "$deb" Package 2>/dev/null) || die "$deb is no Debian package"
  [ "$package" = aitbc-miner ] || die "$deb is the package $package, not aitbc-miner"
  architecture=$(dpkg-deb --field "$deb" Architecture)
  [ "$architecture" = "$(dpkg --print-architecture)" ] || die "$deb is for $architecture, and this machine is $(dpkg --print-architecture)"
}

# Equal in every file, and not in its version alone.
is_this_deb_installed() {
  is_installed aitbc-miner || return 1
  [ "$(dpkg-query --show --showformat='${Version}' aitbc-miner)" = "$(dpkg-deb --field "$deb" Version)" ] || return 1
  dpkg-deb --info "$deb" md5sums 2>/dev/null | cmp -s - "$ROOT/var/lib/dpkg/info/aitbc-miner.md5sums"
}

install_package() {
  choose_deb
  if is_this_deb_installed; then
    say "aitbc-miner $(dpkg-deb --field "$deb" Version) is installed already"
    return
  fi
  say "installing $deb"
  run apt-get update -qq || warn "apt-get update failed: going on with the lists of packages that are here"
  # A conf that the operator has changed stays as it is.
  run env DEBIAN_FRONTEND=noninteractive apt-get install --yes --allow-downgrades --reinstall \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$deb" ||
    die "apt could not install $deb: its messages stand above"
}

remove_package() {
  known=
  for package in aitbc-miner-cuda aitbc-miner; do
    if [ "$action" = purge ] && is_known "$package"; then known="$known $package"; fi
    if [ "$action" = remove ] && is_installed "$package"; then known="$known $package"; fi
  done
  if [ -z "$known" ]; then
    say "aitbc-miner is not installed"
    return
  fi
  if [ "$action" = purge ]; then
    confirm "Remove$known with conf, API key, models, journal and log?"
  else
    confirm "Remove$known? Conf, models, journal and log stay."
  fi
  # shellcheck disable=SC2086 # names of packages, parted by spaces
  run apt-get "$action" --yes $known || die "apt could not do it: its messages stand above"
}

# --- The conf

# Prints the value of a key in the conf, the last one that is set.
conf_value() {
  value=
  [ -r "$CONF" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    split_line "$line" "$1" || continue
    value=$old_value
  done <"$CONF"
  printf '%s' "$value"
}

# Whether the line sets the key; then `head`, `old_value` and `tail` are its parts around the quotes.
split_line() {
  case $1 in *=*) ;; *) return 1 ;; esac
  name=${1%%=*}
  name=${name#"${name%%[! 	]*}"}
  name=${name%"${name##*[! 	]}"}
  case $name in export[\ \	]*) name=${name##*[ 	]} ;; esac
  [ "$name" = "$2" ] || return 1
  head=${1%%=*}
  rest=${1#*=}
  rest=${rest#"${rest%%[! 	]*}"}
  case $rest in
    \"*\"*)
      rest=${rest#\"}
      old_value=${rest%%\"*}
      tail=${rest#*\"}
      ;;
    \'*\'*)
      rest=${rest#\'}
      old_value=${rest%%\'*}
      tail=${rest#*\'}
      ;;
    *)
      old_value=${rest%%[ 	]*}
      tail=${rest#"$old_value"}
      ;;
  esac
}

# Sets `quoted` to the value as the conf takes it: it knows no escapes.
quote_value() {
  case $1 in
    *\"* | *\\*)
      case $1 in *\'* | *\\) die "the value for $2 holds quotes or a \\ in a way that the conf cannot hold" ;; esac
      quoted="'$1'"
      ;;
    *) quoted="\"$1\"" ;;
  esac
}

# Rewrites the file on standard input with one key set, comments kept. Shell alone: the key of the API must be in no process list.
set_key() {
  quote_value "$2" "$1"
  found=no
  while IFS= read -r line || [ -n "$line" ]; do
    if split_line "$line" "$1"; then
      printf '%s=%s%s\n' "$head" "$quoted" "$tail"
      found=yes
    else
      printf '%s\n' "$line"
    fi
  done
  if [ "$found" = no ]; then printf '%s=%s\n' "$1" "$quoted"; fi
}

read_key_file() {
  if [ ! -f "$api_key_file" ] || [ ! -r "$api_key_file" ]; then die "there is no readable file $api_key_file"; fi
  IFS= read -r api_key <"$api_key_file" || [ -n "$api_key" ] || die "$api_key_file is empty: it should hold the API key"
  api_key=${api_key%"$(printf '\r')"}
  check_key "the first line of $api_key_file"
  case $(stat -Lc %A "$api_key_file") in
    *r??) warn "every user of this machine may read $api_key_file: chmod go= $api_key_file" ;;
  esac
}

check_key() {
  [ -n "$api_key" ] || die "$1 is empty: it should hold the API key"
  case $api_key in *[!!-~]*) die "$1 is no API key: it holds spaces or control characters" ;; esac
}

is_placeholder() {
  case $1 in
    '' | *coordinator.example.* | wallet_demo | CHANGE_ME) return 0 ;;
    *) return 1 ;;
  esac
}

ask_for_values() {
  if [ -z "$coord_url" ] && is_placeholder "$(conf_value COORD_URL)"; then
    printf 'URL of the coordinator (empty: later): ' >&2
    read -r coord_url || coord_url=
  fi
  if [ -z "$wallet" ] && is_placeholder "$(conf_value WALLET_ADDR)"; then
    printf 'Payout address (empty: later): ' >&2
    read -r wallet || wallet=
  fi
  if [ -z "$api_key" ] && is_placeholder "$(conf_value API_KEY)"; then
    # A signal must not leave the terminal mute.
    trap 'stty echo; cleanup; exit 130' INT TERM
    # Before the question: a key that is pasted at once is not shown either.
    stty -echo
    printf 'API key, not shown (empty: later): ' >&2
    IFS= read -r api_key || api_key=
    stty echo
    trap 'cleanup; exit 130' INT TERM
    printf '\n' >&2
    if [ -n "$api_key" ]; then check_key "what was typed"; fi
  fi
}

new_conf=
old_conf=
cleanup() {
  if [ -n "$new_conf" ]; then rm -f "$new_conf" "$new_conf.next"; fi
}

# Sets the given values in a copy, checks it, and puts it in the place of the conf by one rename. `is_conf_changed` tells.
write_conf() {
  is_conf_changed=no
  [ -n "$coord_url$wallet$api_key" ] || return 0
  if [ "$dry_run" = yes ]; then
    for key in ${coord_url:+COORD_URL} ${wallet:+WALLET_ADDR} ${api_key:+API_KEY}; do say "+ set $key in $CONF"; done
    return
  fi
  [ -f "$CONF" ] || die "there is no $CONF: install the package again, with apt install --reinstall -o Dpkg::Options::=--force-confmiss"
  old_conf=$(readlink -f "$CONF")
  new_conf=$(mktemp "$(dirname "$old_conf")/.miner.conf.XXXXXX")
  cat "$old_conf" >"$new_conf"
  put_key COORD_URL "$coord_url"
  put_key WALLET_ADDR "$wallet"
  put_key API_KEY "$api_key"
  if cmp -s "$old_conf" "$new_conf"; then
    cleanup
    new_conf=
    return
  fi
  chown --reference="$old_conf" "$new_conf"
  chmod --reference="$old_conf" "$new_conf"
  aitbc-miner config check --config "$new_conf" >/dev/null || die "$CONF is left as it was: the new values do not fit, as the lines above say"
  sync "$new_conf"
  mv -f "$new_conf" "$old_conf"
  new_conf=
  is_conf_changed=yes
  say "$CONF is set"
}

put_key() {
  [ -n "$2" ] || return 0
  (umask 077 && set_key "$1" "$2" <"$new_conf" >"$new_conf.next")
  cat "$new_conf.next" >"$new_conf"
  rm -f "$new_conf.next"
}

# --- Graphics cards

# Vendors of display controllers and accelerators on the PCI bus, one a line.
gpu_vendors() {
  for device in "$ROOT"/sys/bus/pci/devices/*; do
    [ -r "$device/vendor" ] || continue
    case $(cat "$device/class") in 0x03* | 0x12*) cat "$device/vendor" ;; esac
  done | sort -u
}

check_gpus() {
  vendors=$(gpu_vendors)
  case $vendors in
    *0x10de*)
      if ! command -v nvidia-smi >/dev/null; then
        case $system in
          ubuntu*) warn "there is an NVIDIA card, but not its driver: apt install ubuntu-drivers-common && ubuntu-drivers install, then reboot" ;;
          *) warn "there is an NVIDIA card, but not its driver: add contrib, non-free and non-free-firmware to the apt sources, then apt install nvidia-driver nvidia-smi, then reboot" ;;
        esac
      elif ! nvidia-smi --list-gpus >/dev/null 2>&1; then
        warn "there is an NVIDIA card, but nvidia-smi fails: reboot after a driver update; else: dmesg | grep -i nvrm"
      fi
      if ! is_installed aitbc-miner-cuda; then
        say "for the full speed of the NVIDIA card: apt install ./aitbc-miner-cuda_*.deb (of the same version)"
      fi
      ;;
  esac
  case $vendors in
    *0x1002* | *0x8086*)
      is_installed mesa-vulkan-drivers || warn "there is an AMD or Intel GPU, but not its Vulkan driver: apt install mesa-vulkan-drivers, then systemctl restart aitbc-miner"
      ;;
  esac
}

# --- The service

start_service() {
  if [ "$dry_run" = no ] && [ ! -d "$ROOT/run/systemd/system" ]; then
    warn "systemd does not run here, so the service was not started: aitbc-miner run"
    return
  fi
  systemctl --quiet is-enabled "$UNIT" 2>/dev/null || run systemctl enable "$UNIT"
  # A service that failed too often is refused every start for half an hour.
  if systemctl --quiet is-failed "$UNIT" 2>/dev/null; then run systemctl reset-failed "$UNIT"; fi
  if [ "$is_conf_changed" = yes ]; then
    run systemctl restart "$UNIT" || warn "the service does not start: journalctl -u aitbc-miner -n 50"
  elif ! systemctl --quiet is-active "$UNIT" 2>/dev/null; then
    run systemctl start "$UNIT" || warn "the service does not start: journalctl -u aitbc-miner -n 50"
  fi
  [ "$dry_run" = yes ] || systemctl --no-pager --lines=0 status "$UNIT" || true
}

examine() {
  if [ "$dry_run" = yes ]; then
    run aitbc-miner doctor
    return
  fi
  say ""
  aitbc-miner doctor || say "the miner is installed; what is still to do stands above (again: sudo aitbc-miner doctor)"
}

# --- The command line

action=install
dry_run=no
assume_yes=no
deb=
coord_url=
wallet=
api_key_file=
api_key=
is_conf_changed=no

while [ $# -gt 0 ]; do
  case $1 in
    --coord-url=* | --wallet=* | --api-key-file=*)
      option=${1%%=*}
      given=${1#*=}
      shift
      set -- "$option" "$given" "$@"
      continue
      ;;
    --coord-url | --wallet | --api-key-file)
      [ $# -ge 2 ] || die_usage "$1 needs a value"
      [ -n "$2" ] || die_usage "the value of $1 is empty"
      case $2 in *[!!-~]*) [ "$1" = --api-key-file ] || die_usage "the value of $1 holds spaces or control characters" ;; esac
      case $1 in
        --coord-url) coord_url=$2 ;;
        --wallet) wallet=$2 ;;
        *) api_key_file=$2 ;;
      esac
      shift
      ;;
    --api-key | --api-key=*) die_usage "a key on the command line can be read by every user of this machine: put it in a file, and name that with --api-key-file" ;;
    --uninstall) action=remove ;;
    --purge) action=purge ;;
    --dry-run) dry_run=yes ;;
    --yes | -y) assume_yes=yes ;;
    --help | -h)
      usage
      exit 0
      ;;
    -*) die_usage "there is no option $1" ;;
    *)
      [ -z "$deb" ] || die_usage "one FILE.deb at a time: found $deb and $1"
      deb=$1
      ;;
  esac
  shift
done

trap cleanup EXIT
trap 'cleanup; exit 130' INT TERM

if [ "$dry_run" = no ] && [ "$(id -u)" -ne 0 ]; then
  die "only root can do this: run it again with sudo, or with --dry-run to see what it would do"
fi
check_system
if [ "$action" != install ]; then
  remove_package
  exit 0
fi
if [ -n "$api_key_file" ]; then read_key_file; fi
install_package
if is_on_terminal; then ask_for_values; fi
write_conf
check_gpus
start_service
examine
