#!/usr/bin/env bash
# Pre-train under SLURM, with one task for each GPU:
#   tools/slurm_train.sh PARTITION JOB_NAME CONFIG [arguments of tools/train.py]
# The links to this file in tools/benchmarks/{mmdetection,mmsegmentation} fine-tune and
# evaluate a pre-training checkpoint, or evaluate (slurm_test.sh) a fine-tuned one:
#   .../slurm_{train,test}.sh PARTITION JOB_NAME CONFIG CHECKPOINT \
#       [arguments of finetune.py]
# Variables: GPUS (8), GPUS_PER_NODE (8, or GPUS if that is less), CPUS_PER_TASK (5),
# SRUN_ARGS (further arguments of srun), PYTHON (python), MASTER_PORT (29500).
# A training that SIGTERM stops saves a checkpoint and exits with status 75. A batch job
# is then requeued, unless it was cancelled, and starts again with --resume.
set -euo pipefail

PROGRAM=tools/train.py NAMES=(PARTITION JOB_NAME CONFIG) OPTION=
if [[ $(realpath -s "$0") =~ /mm(detection|segmentation)/slurm_(train|test)\.sh$ ]]; then
    PROGRAM=tools/benchmarks/finetune.py NAMES+=(CHECKPOINT)
    [[ ${BASH_REMATCH[2]} == train ]] || OPTION=--test
fi
if [[ $# -lt ${#NAMES[@]} ]]; then
    echo "Usage: $0 ${NAMES[*]} [arguments of $PROGRAM]" >&2
    exit 2
fi
GPUS=${GPUS:-8}
if ! [[ $GPUS =~ ^[1-9][0-9]*$ ]]; then
    echo "Error: GPUS must be a number of at least 1, not '$GPUS'." >&2
    exit 2
fi
GPUS_PER_NODE=${GPUS_PER_NODE:-$((GPUS < 8 ? GPUS : 8))}
CPUS_PER_TASK=${CPUS_PER_TASK:-5}
read -r -a MORE <<<"${SRUN_ARGS:-}"

REPO=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")
export PYTHONPATH="$REPO${PYTHONPATH:+:$PYTHONPATH}"
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$CPUS_PER_TASK}
export MKL_NUM_THREADS=${MKL_NUM_THREADS:-$OMP_NUM_THREADS}

ARGS=("$REPO/$PROGRAM" ${OPTION:+"$OPTION"} "${@:3}")
if [[ ${SLURM_RESTART_COUNT:-0} -gt 0 ]]; then
    ARGS+=(--resume)
fi

STATUS=0
srun -p "$1" \
    --job-name="$2" \
    --gres="gpu:$GPUS_PER_NODE" \
    --ntasks="$GPUS" \
    --ntasks-per-node="$GPUS_PER_NODE" \
    --cpus-per-task="$CPUS_PER_TASK" \
    --kill-on-bad-exit=1 \
    ${MORE[@]+"${MORE[@]}"} \
    "${PYTHON:-python}" -u "${ARGS[@]}" --launcher slurm || STATUS=$?

JOB=${SLURM_JOB_ID:-}
if [[ $STATUS -eq 75 && -n $JOB && $(squeue -h -j "$JOB" -o %T) == RUNNING ]]; then
    echo "Stopped by SIGTERM: job $JOB is requeued and will resume." >&2
    scontrol requeue "$JOB"
fi
exit "$STATUS"
