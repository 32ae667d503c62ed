#!/usr/bin/env bash
# What tools/dist_train.sh and those of tools/benchmarks share: start a script in as
# many processes as there are GPUS; tools/dist_train.sh explains the variables.
#   tools/dist_run.sh BEFORE GPUS SCRIPT [arguments of the script]
# BEFORE names the argument that users give before GPUS.
set -euo pipefail

GPUS=$2
if ! [[ $GPUS =~ ^[1-9][0-9]*$ ]]; then
    echo "Error: GPUS must be a number of at least 1, not '$GPUS': it comes after $1 and says how many processes train." >&2
    exit 2
fi

TOOLS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PYTHONPATH="$TOOLS/..${PYTHONPATH:+:$PYTHONPATH}"

# Left alone, every process would start a thread on every core.
CORES=$(getconf _NPROCESSORS_ONLN)
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$((CORES > GPUS ? CORES / GPUS : 1))}
export MKL_NUM_THREADS=${MKL_NUM_THREADS:-$OMP_NUM_THREADS}

exec "${PYTHON:-python}" "$TOOLS/../setsim_mm/utils/launch.py" \
    --nnodes="${NNODES:-1}" \
    --node_rank="${NODE_RANK:-0}" \
    --nproc_per_node="$GPUS" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" \
    --master_port="${PORT:-29500}" \
    "${@:3}" --launcher pytorch
