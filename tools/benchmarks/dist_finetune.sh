#!/usr/bin/env bash
# What the dist_train.sh and dist_test.sh of mmdetection/ and mmsegmentation/ share;
# tools/dist_train.sh explains the variables.
set -euo pipefail

if [[ $# -lt 3 ]]; then
    echo "Usage: ${CALLED:-$0} CONFIG CHECKPOINT GPUS [arguments of tools/benchmarks/finetune.py]" >&2
    exit 2
fi
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "$HERE/../dist_run.sh" CHECKPOINT "$3" "$HERE/finetune.py" "$1" "$2" ${OPTION:+"$OPTION"} "${@:4}"
