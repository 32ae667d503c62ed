#!/bin/sh
# Find a Python of 3.10 to 3.12 and run the set-up under it: run.sh {pretrain,test}.
# PYTHON names one; without it the first that fits is taken. Each is tried, not only
# looked up, because a version manager's shims are there for Pythons that are not.
set -eu
cd "$(dirname "$0")/../.."

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' \
        >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    if fits "$PYTHON"; then
        exec "$PYTHON" -m tools.setup "$@" --remake-for-python
    fi
    echo "set-up: PYTHON=$PYTHON is no Python of 3.10 to 3.12: name another one, as" \
        "in \`make demo PYTHON=python3.11\`." >&2
    exit 1
fi
for python in python3.11 python3.12 python3.10 python3 .venv/bin/python; do
    if fits "$python"; then
        exec "$python" -m tools.setup "$@"
    fi
done
echo "set-up: no Python of 3.10 to 3.12 is here: install one (Debian, Ubuntu:" \
    "\`apt-get install python3 python3-venv\`) or name one, as in" \
    "\`make demo PYTHON=/path/to/python3.11\`." >&2
exit 1
