#!/usr/bin/env bash
# Fine-tune a segmentor from a pre-training CHECKPOINT, and measure it:
#   tools/benchmarks/mmsegmentation/dist_train.sh CONFIG CHECKPOINT GPUS \
#       [arguments of tools/benchmarks/finetune.py]
CALLED=$0 exec "$(dirname "${BASH_SOURCE[0]}")/../dist_finetune.sh" "$@"
