#!/usr/bin/env bash
# What tools/slurm_train.sh and those of tools/benchmarks share: start a script under
# SLURM, one task for each GPU; tools/slurm_train.sh explains the variables.
# A training that SIGTERM stops saves a checkpoint and ends with status 75. A batch job
# is requeued on it, unless it was cancelled, and adds --resume when it starts again.
#   tools/slurm_run.sh PARTITION JOB_NAME SCRIPT [arguments of the script]
set -euo pipefail

GPUS=${GPUS:-8}
if ! [[ $GPUS =~ ^[1-9][0-9]*$ ]]; then
    echo "Error: GPUS must be a number of at least 1, not '$GPUS'." >&2
    exit 2
fi
GPUS_PER_NODE=${GPUS_PER_NODE:-$((GPUS < 8 ? GPUS : 8))}
CPUS_PER_TASK=${CPUS_PER_TASK:-5}
read -r -a MORE <<<"${SRUN_ARGS:-}"

TOOLS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PYTHONPATH="$TOOLS/..${PYTHONPATH:+:$PYTHONPATH}"
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$CPUS_PER_TASK}
export MKL_NUM_THREADS=${MKL_NUM_THREADS:-$OMP_NUM_THREADS}

ARGS=("${@:3}")
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
