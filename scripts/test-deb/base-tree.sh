# shellcheck shell=bash
# The minimal Debian that a test starts from: apt, systemd, a bus, and nothing else. Made once, then kept.

BASE_PACKAGES=systemd,systemd-sysv,dbus,ca-certificates
# Debian's mirrors drop old versions of packages, which the kept lists would still name.
MAX_AGE_DAYS=7

# base_tree SUITE DEB...: makes the tree unless a good one is kept, and prints its path.
#
# The system that is tested has no network. So what `apt install` of the packages fetches lies in the tree's apt cache already, next to
# apt's lists of all of Debian: apt resolves the dependencies there as anywhere, from what the packages say.
base_tree() {
  local suite=$1 key tree making
  shift
  key=$({ echo "$BASE_PACKAGES"; for deb in "$@"; do dpkg-deb --field "$deb" Depends Pre-Depends Recommends; done; } | sha256sum)
  tree=$CACHE/deb-test-$suite-${key:0:12}
  if [[ -z $(find "$tree.complete" -mtime "-$MAX_AGE_DAYS" 2>/dev/null) ]]; then
    say "$suite: making the minimal system, once in $MAX_AGE_DAYS days"
    rm -rf "$CACHE/deb-test-$suite-"*
    making=$(mktemp --directory "$CACHE/deb-test-$suite-XXXXXX")
    # mmdebstrap has apt leave recommended packages out; an operator's apt does not.
    # shellcheck disable=SC2016 # mmdebstrap puts the tree's path in
    mmdebstrap --quiet --variant=apt --include="$BASE_PACKAGES" --skip=cleanup/apt \
      --customize-hook='mkdir "$1/root/debs"' \
      --customize-hook="copy-in $* /root/debs" \
      --customize-hook='chroot "$1" sh -c "apt-get install --quiet --quiet --yes --download-only -o APT::Install-Recommends=true /root/debs/*.deb"' \
      --customize-hook='rm -r "$1/root/debs"' \
      "$suite" "$making/tree" >&2
    mv "$making/tree" "$tree"
    rmdir "$making"
    touch "$tree.complete"
  fi
  printf '%s\n' "$tree"
}
