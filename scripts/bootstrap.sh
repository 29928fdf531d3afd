#!/usr/bin/env bash
# bootstrap.sh NAME…: bring the environments dev (.venv), stack, sam, checkov, bench, meaning … (.tools/NAME) up to their hash-locked files.
# uv is taken from PATH, else brought from PyPI into .tools. Silent and quick when there is nothing to do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Certificates are the machine's: a company's proxy has its own. Newer and older uv ask by different names.
export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1

fresh() { [ -f "$1/.lock" ] && cmp -s "requirements/$2.lock" "$1/.lock"; }

find_uv() {
  uv=$(command -v uv || true)
  [ -n "$uv" ] && return
  uv=.tools/uv/bin/uv
  [ -x "$uv" ] && return
  local python
  for python in python3.13 python3; do
    command -v "$python" >/dev/null && "$python" -c 'import ensurepip, venv' 2>/dev/null && break
  done
  "$python" -m venv .tools/uv
  .tools/uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock
}

point_to_sources() {
  # The sources are imported from where they stand: nothing of ours is built or copied. Written each
  # time, since a folder can be added without any lock being changed.
  for part in layers/terang layers/matcher layers/claims layers/pages functions/intake functions/scan functions/decide functions/publish functions/feeds functions/answer functions/inbox functions/announce functions/console local; do
    echo "$PWD/$part"
  done > "$(echo .venv/lib/python3.*/site-packages)/terang.pth"
  printf '#!%s\nimport sys\nfrom terang.cli import main\nif __name__ == "__main__":\n    sys.exit(main())\n' "$PWD/.venv/bin/python" > .venv/bin/terang
  chmod +x .venv/bin/terang
}

compile_what_help_needs() {
  # Where Python may not write bytecode, as in many containers, `terang --help` would compile these
  # each time: 0.3 s instead of 0.14.
  "$folder/bin/python" -m compileall -q "$folder"/lib/python3.*/site-packages/{attr,cyclopts,docstring_parser,rich}
}

for name in "$@"; do
  folder=.tools/$name
  [ "$name" = dev ] && folder=.venv
  if ! fresh "$folder" "$name"; then
    find_uv
    echo "setting up $folder from requirements/$name.lock" >&2
    "$uv" venv --quiet --allow-existing --python '>=3.13,<3.14' "$folder"
    "$uv" pip sync --quiet --python "$folder/bin/python" --require-hashes "requirements/$name.lock"
    if [ "$name" = dev ]; then compile_what_help_needs; fi
  fi
  [ "$name" = dev ] && point_to_sources
  cp "requirements/$name.lock" "$folder/.lock"
done
