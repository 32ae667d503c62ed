#!/usr/bin/env bash
# What tools/slurm_train.sh and those of tools/benchmarks share: start a script under
# SLURM, one task for each GPU; tools/slurm_train.sh explains the variables.
# A script that SIGTERM stopped ends with status 75 when its checkpoint is saved. A
# batch job is requeued then, and outside of one srun starts again, with --resume.
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

STATUS=75
while [[ $STATUS -eq 75 ]]; do
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
    if [[ $STATUS -eq 75 && -n ${SLURM_JOB_ID:-} ]]; then
        echo 'Stopped by SIGTERM: requeueing the job, which resumes.' >&2
        scontrol requeue "$SLURM_JOB_ID"
        exit 75
    fi
    [[ $STATUS -ne 75 || ${ARGS[*]} == *--resume* ]] || ARGS+=(--resume)
done
exit "$STATUS"
