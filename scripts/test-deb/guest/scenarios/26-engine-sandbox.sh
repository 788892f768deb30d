# shellcheck shell=bash
# engines are held by Landlock and seccomp inside the unit's own sandbox: no conf, no journal, no key, no network

working_miner
job=$(submit "$SHORT_JOB")
within 40 'a job is done in the sandbox' job_is "$job" completed
check 'the journal says what holds the engine' journal_says_like 'engine ready.*Landlock ABI [0-9]+, seccomp'
refute 'nothing is missing of it' journal_says 'engine sandbox incomplete'
note "$(journal | grep --only-matching 'Landlock ABI [0-9]*' | head --lines=1), $(journal | grep --only-matching 'start_ms[=: "]*[0-9]*' | head --lines=1)"
# shellcheck disable=SC2046 # one of them is enough
set -- $(engine_pids)
# filters PID: how many filters of system calls hold a process.
filters() { sed -n 's/^Seccomp_filters:\t//p' "/proc/$1/status"; }
check 'the engine has a filter more than the daemon' test "$(filters "$1")" -gt "$(filters "$(miner_pid)")"
check 'status says so' grep --quiet 'sandbox: Landlock ABI' <(aitbc-miner status)

# Somebody else's program in the engine's place, started by the service itself.
entry=/usr/lib/aitbc-miner/app/src/engine/child/main.js
cp --preserve=all "$entry" "$entry.kept"
cat >"$entry" <<'EOF'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { spawnSync } from 'node:child_process'
const tried = {
  conf: () => readFileSync('/etc/aitbc/miner.conf'),
  journal: () => readdirSync('/var/lib/aitbc-miner'),
  log: () => readFileSync('/var/log/aitbc-miner.log'),
  write: () => writeFileSync('/var/lib/aitbc-miner/mine', ''),
  environ: () => readFileSync(`/proc/${process.ppid}/environ`),
  kill: () => process.kill(process.ppid, 0),
  shell: () => { const { error } = spawnSync('/bin/sh', ['-c', ':']); if (error) throw error },
}
const told = Object.entries(tried).map(([name, attempt]) => {
  try { attempt(); return `${name}=DONE` } catch (error) { return `${name}=${error.code}` }
})
const end = (network) => { process.stderr.write(`attacked: ${told.join(' ')} network=${network}\n`); process.exit(70) }
connect(8080, '127.0.0.1', () => end('DONE')).on('error', (error) => end(error.code))
EOF
systemctl restart aitbc-miner
within 20 'the miner is back' journal_says 'coordinator reached'
submit "$SHORT_JOB" >/dev/null
within 60 'the attacker has tried' journal_says 'attacked:'
mv "$entry.kept" "$entry"
systemctl stop aitbc-miner
attack=$(journal | grep --only-matching 'attacked: [^"]*network=[A-Z]*' | head --lines=1)
note "$attack"
refute 'nothing of it came off' grep --quiet 'DONE' <<<"$attack"
for name in conf journal log write environ kill shell network; do
  check "$name was refused" grep --quiet --extended-regexp " $name=(EACCES|EPERM)" <<<"$attack"
done
