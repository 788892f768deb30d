# shellcheck shell=bash
# upgrade of a service that was stopped or disabled by hand: it stays so

stopped_miner
install_previous
systemctl disable --now --quiet aitbc-miner
install "$PACKAGES/aitbc-miner.deb"
equal 'it is stopped' "$(property ActiveState)" inactive
equal 'it is disabled' "$(systemctl is-enabled aitbc-miner || true)" disabled
systemctl enable --quiet aitbc-miner
