#!/usr/bin/env bash
# Run a family of ablations under SLURM, an array with a task for each run and seed, and
# then its table:
#   tools/reproduce/slurm_ablate.sh PARTITION JOB_NAME FAMILY \
#       [arguments of tools/reproduce/ablate.py]
# Variables: GPUS (8) for each run, on one machine; CPUS_PER_TASK (5) for each GPU;
# AT_ONCE (all) runs at the same time; SBATCH_ARGS (further arguments of sbatch),
# PYTHON (python).
set -euo pipefail

if [[ $# -lt 3 ]]; then
    echo "Usage: $0 PARTITION JOB_NAME FAMILY [arguments of tools/reproduce/ablate.py]" >&2
    exit 2
fi
GPUS=${GPUS:-8}
for number in GPUS AT_ONCE; do
    if ! [[ ${!number:-1} =~ ^[1-9][0-9]*$ ]]; then
        echo "Error: $number must be a number of at least 1, not '${!number}'." >&2
        exit 2
    fi
done
read -r -a MORE <<<"${SBATCH_ARGS:-}"

HERE=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
export PYTHONPATH="$HERE/../..${PYTHONPATH:+:$PYTHONPATH}"
ABLATE=("${PYTHON:-python}" -u "$HERE/ablate.py" "${@:3}" --gpus "$GPUS")

TRIALS=$("${ABLATE[@]}" --count)
COMMAND=$(printf '%q ' "${ABLATE[@]}")
LIMIT=${AT_ONCE:+%$AT_ONCE}

# Several runs of one machine must not meet on one port.
JOB=$(sbatch --parsable -p "$1" \
    --job-name="$2" \
    --array="0-$((TRIALS - 1))$LIMIT" \
    --gres="gpu:$GPUS" \
    --ntasks=1 \
    --cpus-per-task="$((${CPUS_PER_TASK:-5} * GPUS))" \
    ${MORE[@]+"${MORE[@]}"} \
    --wrap="export PORT=\$((20000 + SLURM_JOB_ID % 20000)); exec ${COMMAND}--trial \$SLURM_ARRAY_TASK_ID")
JOB=${JOB%%;*} # the name of the cluster may follow

sbatch --parsable -p "$1" \
    --job-name="$2-table" \
    --dependency="afterany:$JOB" \
    --ntasks=1 \
    ${MORE[@]+"${MORE[@]}"} \
    --wrap="exec ${COMMAND}--table-only" >/dev/null
echo "Submitted $TRIALS runs as job $JOB; the table follows when they have ended."
