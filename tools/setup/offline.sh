#!/bin/sh
# Install from a folder of `make wheels`, without a package index, beside the torch of
# the Python that PYTHON names (default: python3): offline.sh FOLDER [ENVIRONMENT].
set -eu
folder=$(cd "${1:-wheels}" 2>/dev/null && pwd) || {
    echo "offline: there is no folder ${1:-wheels}: make it with \`make wheels\` on a" \
        "machine with a package index and copy it here." >&2
    exit 1
}
cd "$(dirname "$0")/../.."
exec "${PYTHON:-python3}" -m tools.setup.offline "$folder" ${2:+"$2"}
