#!/usr/bin/env bash
# Pre-train on several GPUs, or in several processes on a machine without a GPU:
#   tools/dist_train.sh CONFIG GPUS [arguments of tools/train.py]
# The links to this file in tools/benchmarks/{mmdetection,mmsegmentation} fine-tune and
# evaluate a pre-training checkpoint, or evaluate (dist_test.sh) a fine-tuned one:
#   .../dist_{train,test}.sh CONFIG CHECKPOINT GPUS [arguments of finetune.py]
# On several machines, on each of them with its own NODE_RANK:
#   NNODES=2 NODE_RANK=0 MASTER_ADDR=10.0.0.1 PORT=29500 tools/dist_train.sh CONFIG GPUS
# Other variables: PYTHON (python), OMP_NUM_THREADS (an equal share of the cores).
set -euo pipefail

PROGRAM=tools/train.py NAMES=(CONFIG) OPTION=
if [[ $(realpath -s "$0") =~ /mm(detection|segmentation)/dist_(train|test)\.sh$ ]]; then
    PROGRAM=tools/benchmarks/finetune.py NAMES=(CONFIG CHECKPOINT)
    [[ ${BASH_REMATCH[2]} == train ]] || OPTION=--test
fi
N=${#NAMES[@]}
if [[ $# -le $N ]]; then
    echo "Usage: $0 ${NAMES[*]} GPUS [arguments of $PROGRAM]" >&2
    exit 2
fi
GPUS=${*:N+1:1}
if ! [[ $GPUS =~ ^[1-9][0-9]*$ ]]; then
    echo "Error: GPUS must be a number of at least 1, not '$GPUS': it comes after ${NAMES[N-1]} and is the number of processes." >&2
    exit 2
fi

REPO=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
export PYTHONPATH="$REPO${PYTHONPATH:+:$PYTHONPATH}"

# By default, every process would start a thread on every core.
CORES=$(getconf _NPROCESSORS_ONLN)
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$((CORES > GPUS ? CORES / GPUS : 1))}
export MKL_NUM_THREADS=${MKL_NUM_THREADS:-$OMP_NUM_THREADS}

exec "${PYTHON:-python}" "$REPO/tools/launch.py" \
    --nnodes="${NNODES:-1}" \
    --node_rank="${NODE_RANK:-0}" \
    --nproc_per_node="$GPUS" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" \
    --master_port="${PORT:-29500}" \
    "$REPO/$PROGRAM" "${@:1:N}" ${OPTION:+"$OPTION"} "${@:N+2}" --launcher pytorch
