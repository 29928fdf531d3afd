#!/usr/bin/env bash
# lock.sh [NAME…]: resolve requirements/NAME.in (all by default) into NAME.lock, with hashes and without addresses,
# for every platform; then, for Lambda's, what layers and functions are deployed with, in the versions of dev.lock.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../requirements"
export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1
uv=$(command -v uv || echo ../.tools/uv/bin/uv)

[ $# -gt 0 ] || set -- $(basename -s .in ./*.in)
for name in "$@"; do
  alone=(); [ "$name" = meaning ] && alone=(--no-deps)
  "$uv" pip compile --quiet --generate-hashes --no-header ${alone[@]+"${alone[@]}"} --universal --python-version 3.13 \
    "$name.in" --output-file "$name.lock"
done

# `sam build` calls pip, which takes nothing without a hash where one line has it.
for wanted in ../layers/*/requirements.in ../functions/*/requirements.in; do
  "$uv" pip compile --quiet --generate-hashes --no-header --no-annotate --python-version 3.13 \
    --python-platform x86_64-manylinux_2_28 --constraint dev.lock "$wanted" --output-file "${wanted%.in}.txt"
done
