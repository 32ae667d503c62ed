#!/usr/bin/env bash
# What the slurm_train.sh and slurm_test.sh of mmdetection/ and mmsegmentation/ share;
# tools/slurm_train.sh explains the variables.
set -euo pipefail

if [[ $# -lt 4 ]]; then
    echo "Usage: ${CALLED:-$0} PARTITION JOB_NAME CONFIG CHECKPOINT [arguments of tools/benchmarks/finetune.py]" >&2
    exit 2
fi
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "$HERE/../slurm_run.sh" "$1" "$2" "$HERE/finetune.py" "$3" "$4" ${OPTION:+"$OPTION"} "${@:5}"
