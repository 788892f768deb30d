# shellcheck shell=bash
# an upgrade that is killed while it waits for a job, and once more while it unpacks: the next one ends it, and the service runs again

# upgrade_in_the_background: dpkg and its maintainer scripts in a process group of their own.
upgrade_in_the_background() { setsid dpkg --install --force-confold "$PACKAGES/aitbc-miner.deb" </dev/null >>"$RESULTS/dpkg" 2>&1 & }
# kill_it: and waits for its end, with which its locks go.
kill_it() { kill -KILL -- -$! && { wait $! || true; }; }

working_miner
job=$(submit "$LONG_JOB")
within 20 'the job runs' journal_says 'job accepted'

upgrade_in_the_background
within 30 'the upgrade waits for the job' is_state 'deactivating stop-sigterm'
kill_it
client cancel "$job" >"$RESULTS/cancel"
within 20 'the service has stopped' is_state 'inactive dead'

upgrade_in_the_background
within 60 'it unpacks' test -e /usr/lib/aitbc-miner/node.dpkg-new
kill_it

# What people try first. It fails where a package is to be unpacked anew.
dpkg --configure --pending >>"$RESULTS/dpkg" 2>&1 || true
install --reinstall "$PACKAGES/aitbc-miner.deb"
equal 'dpkg has nothing left to do' "$(dpkg --audit)" ''
within 30 'the service runs again' is_state 'active running'
