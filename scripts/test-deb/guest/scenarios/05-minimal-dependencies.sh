# shellcheck shell=bash
# without the recommended packages it waits quietly with its default conf, and names the keys to set

for command in node curl jq python3 logrotate; do refute "the system is minimal, without $command" command -v "$command"; done

# Whoever asks for a name, or connects anywhere, leaves a file.
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
systemd-run --quiet --unit=name-asked --socket-property=ListenDatagram=127.0.0.1:53 touch /run/name-asked

install --no-install-recommends "$PACKAGES/aitbc-miner.deb"
within 20 'it is active and waits' status_says 'not configured'
equal 'it runs' "$(property ActiveState) $(property SubState)" 'active running'
for key in COORD_URL API_KEY; do check "the journal names $key" journal_says "$key"; done
check 'the journal says what to do' journal_says 'not configured: set the keys named above'

# Longer than it takes to poll, to beat and to be restarted.
sleep 12
equal 'it was not restarted' "$(property NRestarts)" 0
equal 'it is still active' "$(property ActiveState)" active
refute 'no name was asked for' test -e /run/name-asked
equal 'lines in the journal in all that time' "$(journal | grep --count 'not configured')" 1
systemctl status --no-pager --full aitbc-miner >"$RESULTS/status"

# The trap works: with a coordinator to look for, it is asked.
set_key COORD_URL https://coordinator.aitbc.invalid WALLET_ADDR wallet API_KEY secret-of-the-tests
systemctl restart aitbc-miner
within 20 'now a name is asked for' test -e /run/name-asked
systemctl stop name-asked.socket
purge aitbc-miner
