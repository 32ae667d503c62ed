#!/usr/bin/env bash
# Pre-train on several GPUs, or in several processes where there is no GPU:
#   tools/dist_train.sh CONFIG GPUS [arguments of tools/train.py]
# On several machines, on each of them with its own NODE_RANK:
#   NNODES=2 NODE_RANK=0 MASTER_ADDR=10.0.0.1 PORT=29500 tools/dist_train.sh CONFIG GPUS
# Other variables: PYTHON (python), OMP_NUM_THREADS (the cores shared out).
set -euo pipefail

if [[ $# -lt 2 ]]; then
    echo "Usage: $0 CONFIG GPUS [arguments of tools/train.py]" >&2
    exit 2
fi
TOOLS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "$TOOLS/dist_run.sh" CONFIG "$2" "$TOOLS/train.py" "$1" "${@:3}"
