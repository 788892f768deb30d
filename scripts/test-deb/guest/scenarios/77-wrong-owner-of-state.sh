# shellcheck shell=bash
# a state folder of another owner: it works all the same, or says what to do and works once that is done

stopped_miner
echo kept >$STATE/somebody-s-file
chown --recursive root:root $STATE
chmod 700 $STATE
systemctl start aitbc-miner || true
# systemd hands a StateDirectory to the service; what lies in it included, where its owner is wrong.
within 30 'it works' journal_says 'coordinator reached'
job=$(submit "$SHORT_JOB")
within 40 'the job is done' job_is "$job" completed
equal 'the folder is the service'"'"'s' "$(stat --format='%U:%G' $STATE)" aitbc-miner:aitbc-miner
equal 'nothing in it was lost' "$(cat $STATE/somebody-s-file)" kept
