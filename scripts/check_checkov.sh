#!/usr/bin/env bash
# check_checkov.sh CHECKOV TEMPLATE…: run checkov offline, and fail as well where it read nothing.
# A template that it cannot read gives no failed check, no passed one and exit 0.
set -euo pipefail
checkov=$1
shift
for template in "$@"; do
  report=$("$checkov" --file "$template" --framework cloudformation --compact --quiet --skip-download) || {
    echo "$report"
    exit 1
  }
  grep -E '^Passed checks: [1-9][0-9]*, Failed checks: 0,' <<<"$report" || {
    echo "$template: checkov read nothing in it" >&2
    exit 1
  }
done
