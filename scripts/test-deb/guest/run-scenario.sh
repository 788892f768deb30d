#!/usr/bin/env bash
# Runs one scenario: a file of bash whose second line is its title. It fails with the first command or check that fails.
set -Eeuo pipefail

GUEST=$(dirname "$(realpath "$0")")
SCENARIO=$(basename "$1" .sh)
RESULTS=/deb-test/results/$SCENARIO
# shellcheck source=scripts/test-deb/guest/checks.sh
. "$GUEST/checks.sh"
# shellcheck source=scripts/test-deb/guest/machine.sh
. "$GUEST/machine.sh"
# shellcheck source=scripts/test-deb/guest/jobs.sh
. "$GUEST/jobs.sh"

trap 'echo "failed at ${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR
begin_journal
# shellcheck disable=SC1090
. "$1"
check_journal_is_readable
