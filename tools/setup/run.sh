#!/bin/sh
# Run the set-up: run.sh {pretrain,test} [mmselfsup|mmpretrain|onedl].
# It needs a Python of 3.10 to 3.12, for OneDL 3.12. PYTHON names one; without it, the
# first that works is used. Each one is started, because version managers have shims for
# Pythons that are not installed.
set -eu
cd "$(dirname "$0")/../.."

host=${2:-mmselfsup}
folder=.venv
oldest=10
needed='a Python of 3.10 to 3.12'
wanted=python3.11
[ "$host" = mmselfsup ] || folder=.venv-$host
if [ "$host" = onedl ]; then
    oldest=12
    needed='a Python 3.12'
    wanted=python3.12
fi

fits() {
    "$1" -c "import sys; sys.exit(not (3, $oldest) <= sys.version_info[:2] <= (3, 12))" \
        >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    if fits "$PYTHON"; then
        exec "$PYTHON" -m tools.setup "$@" --remake-for-python
    fi
    echo "set-up: PYTHON=$PYTHON is not $needed: name another one, such as" \
        "\`make demo PYTHON=$wanted\`." >&2
    exit 1
fi
for python in python3.11 python3.12 python3.10 python3 "$folder/bin/python"; do
    if fits "$python"; then
        exec "$python" -m tools.setup "$@"
    fi
done
echo "set-up: there is not $needed: install one (Debian, Ubuntu: \`apt-get install" \
    "python3 python3-venv\`) or name one, such as \`make demo" \
    "PYTHON=/path/to/$wanted\`." >&2
exit 1
