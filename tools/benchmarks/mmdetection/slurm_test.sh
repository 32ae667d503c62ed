#!/usr/bin/env bash
# Measure a detector that slurm_train.sh has saved as CHECKPOINT under SLURM:
#   tools/benchmarks/mmdetection/slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT \
#       [arguments of tools/benchmarks/finetune.py]
CALLED=$0 OPTION=--test exec "$(dirname "${BASH_SOURCE[0]}")/../slurm_finetune.sh" "$@"
