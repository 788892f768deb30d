# shellcheck shell=bash
# The packages under test, and the same again under a lower version number: the same programs, so that a test of upgrades tells of
# the upgrade alone.

# gather_packages MINER_DEB COORDINATOR_DEB FOLDER
gather_packages() {
  cp "$1" "$3/aitbc-miner.deb"
  cp "$2" "$3/aitbc-mock-coordinator.deb"
  repack_as_previous "$1" "$3/aitbc-miner-previous.deb"
  repack_as_previous "$2" "$3/aitbc-mock-coordinator-previous.deb"
}

# repack_as_previous DEB TO. A miner.conf comes with another line, so that dpkg has a conf to keep or to replace. Packed for speed.
repack_as_previous() {
  local version tree
  version=$(dpkg-deb --field "$1" Version)
  tree=$(mktemp --directory)
  dpkg-deb --raw-extract "$1" "$tree"
  sed --in-place "s/^Version: .*/&~previous/; s/(\([>=]*\) $version)/(\1 $version~previous)/g" "$tree/DEBIAN/control"
  [[ ! -e $tree/etc/aitbc/miner.conf ]] || echo '# as the previous version had it' >>"$tree/etc/aitbc/miner.conf"
  dpkg-deb -Zgzip -z1 --build "$tree" "$2" >/dev/null
  rm -r "$tree"
}
