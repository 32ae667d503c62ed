#!/bin/sh
# Run the set-up with a Python of 3.10 to 3.12: run.sh {pretrain,test}.
# PYTHON names one; without it, the first that works is used. Each one is started,
# because version managers have shims for Pythons that are not installed.
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
    echo "set-up: PYTHON=$PYTHON is not a Python of 3.10 to 3.12: name another one," \
        "such as \`make demo PYTHON=python3.11\`." >&2
    exit 1
fi
for python in python3.11 python3.12 python3.10 python3 .venv/bin/python; do
    if fits "$python"; then
        exec "$python" -m tools.setup "$@"
    fi
done
echo "set-up: there is no Python of 3.10 to 3.12: install one (Debian, Ubuntu:" \
    "\`apt-get install python3 python3-venv\`) or name one, such as" \
    "\`make demo PYTHON=/path/to/python3.11\`." >&2
exit 1
