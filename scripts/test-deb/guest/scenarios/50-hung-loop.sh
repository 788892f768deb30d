# shellcheck shell=bash
# a hung event loop is caught by the watchdog: the daemon is killed and started again

stopped_miner
equal 'the package has the watchdog on' "$(property WatchdogUSec)" 1min
# A minute would be long to wait for.
drop_in WatchdogSec=6s TimeoutAbortSec=2s RestartSec=1s
systemctl start aitbc-miner
within 20 'the miner has reached the coordinator' journal_says 'coordinator reached'
sleep 10
equal 'without a hang it is left alone' "$(property NRestarts)" 0
begin_journal
hung=$(miner_pid)
kill -STOP "$hung"
within 30 'systemd sees it' journal_says_like '[Ww]atchdog timeout'
within 30 'it is started again' journal_says 'coordinator reached'
refute 'the hung process is gone' test -e "/proc/$hung"
equal 'by one restart' "$(property NRestarts)" 1
job=$(submit "$SHORT_JOB")
within 40 'it works' job_is "$job" completed
