#!/usr/bin/env bash
# check_checkov.sh CHECKOV TEMPLATE…: run checkov offline; fail unless it finds exactly what checkov_exceptions.txt lists.
# Conditions are taken out first, since it skips what is off by default. A template that it cannot read gives no failed
# check, no passed one and exit 0.
set -euo pipefail
checkov=$1
shift
copies=$(mktemp -d)
trap 'rm -r "$copies"' EXIT
for template in "$@"; do
  sed '/^    Condition: /d' "$template" > "$copies/${template##*/}"
  report=$("$checkov" --file "$copies/${template##*/}" --framework cloudformation --compact --quiet --skip-download) || true
  grep -E '^Passed checks: [1-9]' <<<"$report" || {
    echo "$template: checkov read nothing in it" >&2
    exit 1
  }
  awk '/^Check: /{check = $2; sub(":", "", check)} /FAILED for resource: /{print check, $4}' <<<"$report" >> "$copies/found"
done
listed=$(awk '/^CKV/{print $1, $2}' "${0%/*}/checkov_exceptions.txt" | sort)
diff <(echo "$listed") <(sort "$copies/found") || {
  echo "checkov finds what scripts/checkov_exceptions.txt does not list (>), or no longer what it lists (<)" >&2
  exit 1
}
