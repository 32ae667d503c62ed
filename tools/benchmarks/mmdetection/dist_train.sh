#!/usr/bin/env bash
# Fine-tune a detector from a pre-training CHECKPOINT, and measure it:
#   tools/benchmarks/mmdetection/dist_train.sh CONFIG CHECKPOINT GPUS \
#       [arguments of tools/benchmarks/finetune.py]
CALLED=$0 exec "$(dirname "${BASH_SOURCE[0]}")/../dist_finetune.sh" "$@"
