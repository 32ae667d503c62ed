#!/usr/bin/env bash
# Pre-train under SLURM:
#   tools/slurm_train.sh PARTITION JOB_NAME CONFIG [arguments of tools/train.py]
# Variables: GPUS (8), GPUS_PER_NODE (8, or GPUS if that is less), CPUS_PER_TASK (5),
# SRUN_ARGS (further arguments of srun), PYTHON (python), MASTER_PORT (29500).
set -euo pipefail

if [[ $# -lt 3 ]]; then
    echo "Usage: $0 PARTITION JOB_NAME CONFIG [arguments of tools/train.py]" >&2
    exit 2
fi
TOOLS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "$TOOLS/slurm_run.sh" "$1" "$2" "$TOOLS/train.py" "$3" "${@:4}"
