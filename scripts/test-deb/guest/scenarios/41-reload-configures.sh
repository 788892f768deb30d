# shellcheck shell=bash
# reload after the first edit of the conf: a miner that waited for its keys begins to work

stopped_miner
put_default_conf
systemctl start aitbc-miner
within 20 'it waits for its keys' journal_says 'not configured'
sed --in-place 's|https://coordinator.example.net|http://127.0.0.1:8080|' $CONF
systemctl reload aitbc-miner
job=$(submit "$SHORT_JOB")
within 40 'the job is done' job_is "$job" completed
equal 'it was not restarted' "$(property NRestarts)" 0
