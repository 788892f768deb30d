# shellcheck shell=bash
# What scenarios check with. A check that fails says what was expected and ends the scenario.

fail() { journal >"$RESULTS/journal"; printf 'expected: %s\n' "$*"; exit 1; }

# note TEXT: a line for whoever reads the report of a run that passed.
note() { printf 'note: %s\n' "$*"; }

# check SENTENCE COMMAND...: the command must succeed.
check() { "${@:2}" || fail "$1"; }

# refute SENTENCE COMMAND...: the command must fail.
refute() { if "${@:2}"; then fail "$1"; fi; }

# equal SENTENCE ACTUAL EXPECTED
equal() { [[ $2 == "$3" ]] || fail "$1: $3, not $2"; }

# within SECONDS SENTENCE COMMAND...: the command must succeed before the time is over, on a machine with nothing else to do; a busy one gets
# four times as long. It is tried five times a second.
within() {
  local limit_us=$(($1 * 4000000)) from_us=${EPOCHREALTIME/./}
  until "${@:3}"; do
    ((${EPOCHREALTIME/./} - from_us < limit_us)) || fail "$2, within $(($1 * 4)) s"
    sleep 0.2
  done
}

# says TEXT FILE, says_like REGEX FILE
says() { grep --quiet --fixed-strings -- "$1" "$2"; }
says_like() { grep --quiet --extended-regexp -- "$1" "$2"; }

# The journal of the miner's unit since the scenario began, or since the last begin_journal.
begin_journal() {
  journalctl --sync
  # Of the unit itself: after the entry of another one, Debian 12's journalctl leaves out the first that fits.
  journal_cursor=$({ journalctl --unit=aitbc-miner --lines=1 --show-cursor --quiet || true; } | sed -n 's/^-- cursor: //p')
}
journal() { journalctl --unit=aitbc-miner ${journal_cursor:+"--after-cursor=$journal_cursor"} --output=cat --quiet --no-pager || true; }
journal_says() { journal | grep --fixed-strings -- "$1" >/dev/null; }
journal_says_like() { journal | grep --extended-regexp -- "$1" >/dev/null; }

# Whatever happened in a scenario, nobody should have to read a stack trace, a JavaScript value or a complaint about the unit.
check_journal_is_readable() {
  local strange
  journal >"$RESULTS/journal"
  strange=$(grep --extended-regexp '^ +at |node:internal|\[object |undefined|UnhandledPromise|Warning:|Error: |Failed to (parse|set up)|Unknown (key|lvalue)' "$RESULTS/journal" || true)
  [[ -z $strange ]] || fail "nothing in the journal that a person at 3 a.m. would not understand, but it has: $strange"
}
