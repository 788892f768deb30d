# shellcheck shell=bash disable=SC2034 # scenarios use what is set here
# The client of the coordinator on this machine.

NODE=/usr/lib/aitbc-miner/node
# A text job of under a second, one of some seconds, and one that works for longer than any scenario waits.
SHORT_JOB='{"workload":"llm_gen","params":{"prompt":"Once upon a time","max_tokens":32},"reward":{"amount":"0.25","unit":"AITBC"}}'
MEDIUM_JOB='{"workload":"torch_bench","params":{"size":1024,"iterations":120},"reward":{"amount":"0.50","unit":"AITBC"}}'
LONG_JOB='{"workload":"torch_bench","params":{"size":1024,"iterations":100000},"reward":{"amount":"0.50","unit":"AITBC"}}'

client() { "$NODE" "$GUEST/client.ts" "$@"; }
coordinator_answers() { client health >/dev/null 2>&1; }
# submit JSON: prints the id of the new job.
submit() { client submit "$1"; }
job_is() { [[ $(client state "$1") == "$2" ]]; }
# payments ID WALLET: how many times the job was credited.
payments() { client payments "$@"; }
balance() { client balance "$WALLET"; }
