"""Replacement of tools/benchmarks/finetune.py that logs metrics without training.

A JSON file beside the checkpoint has the metrics by the stem of the config. The seed is
added to their values. A run with null fails.
"""

import argparse
import json
import sys
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument('config', type=Path)
parser.add_argument('checkpoint', type=Path)
parser.add_argument('--work-dir', type=Path, required=True)
parser.add_argument('--resume', action='store_true', required=True)
parser.add_argument('--name', required=True)
parser.add_argument('--cfg-options', required=True)
args = parser.parse_args()

seed = int(args.cfg_options.removeprefix('randomness.seed='))
by_task = json.loads(args.checkpoint.with_suffix('.json').read_text())
metrics = by_task[args.config.stem]
pointer = args.work_dir / 'last_checkpoint'
print('Resuming.' if pointer.exists() else 'Starting.', flush=True)
(args.work_dir / 'iter_10.pth').touch()
pointer.write_text('iter_10.pth')
if metrics is None:
    sys.exit('Error: there is no data set: unpack it.')
log = args.work_dir / '20260101_120000' / 'vis_data' / 'scalars.json'
log.parent.mkdir(parents=True, exist_ok=True)
log.write_text(
    '{"loss": 1.0, "step": 5}\n'
    + json.dumps({name: value + seed for name, value in metrics.items()})[:-1]
    + ', "step": 10}\n'
)
