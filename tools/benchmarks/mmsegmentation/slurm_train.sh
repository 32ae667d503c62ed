#!/usr/bin/env bash
# Fine-tune a segmentor from a pre-training CHECKPOINT, and measure it under SLURM:
#   tools/benchmarks/mmsegmentation/slurm_train.sh PARTITION JOB_NAME CONFIG CHECKPOINT \
#       [arguments of tools/benchmarks/finetune.py]
CALLED=$0 exec "$(dirname "${BASH_SOURCE[0]}")/../slurm_finetune.sh" "$@"
