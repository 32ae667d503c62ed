#!/usr/bin/env bash
# Measure a detector that dist_train.sh has saved as CHECKPOINT:
#   tools/benchmarks/mmdetection/dist_test.sh CONFIG CHECKPOINT GPUS \
#       [arguments of tools/benchmarks/finetune.py]
CALLED=$0 OPTION=--test exec "$(dirname "${BASH_SOURCE[0]}")/../dist_finetune.sh" "$@"
