"""A tiny fine-tuning of MMSegmentation, and the interruption of its evaluation."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tiny_setsim import REPOSITORY

from setsim_mm.runs.curves import read_curves

from .checks import check_named
from .lab import KEEP_ALL, Lab
from .scenario import Fault, Round, scenario
from .tiny_run import STEPS_PER_EPOCH, Setup

BENCHMARKS = REPOSITORY / 'configs' / 'benchmarks'
MAKE_TOY_DATASETS = REPOSITORY / 'tools' / 'datasets' / 'make_toy_datasets.py'
CONFIG = """
_base_ = '{benchmarks}/mmsegmentation/voc12aug/fcn_r50-d8_20k_voc12aug-512x512.py'
custom_imports = dict(
    imports=['setsim_mm', 'attacks.step_log'], allow_failed_imports=False
)

model = dict(
    backbone=dict(depth=18, stem_channels=8, base_channels=8),
    decode_head=dict(in_channels=64, channels=16),
    auxiliary_head=dict(in_channels=32, channels=8),
)
train_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False)
val_dataloader = dict(num_workers=0, persistent_workers=False)
train_cfg = dict(max_iters={steps}, val_interval={steps})
param_scheduler = [dict(type='PolyLR', power=0.9, end={steps}, by_epoch=False)]
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval={interval}))
custom_hooks = [dict(type='StepLogHook')]
"""
EVALUATION = Fault(
    'finetuning',
    'killed in the evaluation after the last step',
    '`--resume` evaluates, with the same results',
)
METRIC = 'mIoU'


@dataclass(frozen=True)
class FineTuning(Setup):
    """Setup of the fine-tuning: counted in iterations, in one process."""

    by_epoch: bool = False

    @property
    def name(self) -> str:
        """Name in the table."""
        return 'fine-tuning'

    @property
    def kind(self) -> str:
        """Prefix of its files."""
        return 'finetuning'

    def config(self, images: Path, epochs: int) -> str:
        """Return the text of the config, which reads toy data sets."""
        return CONFIG.format(
            benchmarks=BENCHMARKS,
            steps=epochs * STEPS_PER_EPOCH,
            interval=STEPS_PER_EPOCH,
        )

    def command(self, config: Path, work_dir: Path, *arguments: object) -> list[object]:
        """Return the command."""
        return [
            *(sys.executable, REPOSITORY / 'tools/benchmarks/finetune.py'),
            *(config, 'random', '--data-root', toy_data(config.parent)),
            *('--image-scale', 0.1, '--work-dir', work_dir, *arguments),
        ]


@cache
def toy_data(folder: Path) -> Path:
    """Write toy data sets once and return their folder."""
    data = folder / 'toy'
    subprocess.run(
        [sys.executable, MAKE_TOY_DATASETS, data, '--images', '4'], check=True
    )
    return data


def results_of(work_dir: Path) -> list[float]:
    """Return the logged results of a run's evaluations."""
    curves = read_curves(work_dir)
    return curves[METRIC].values.tolist() if METRIC in curves else []


@scenario('finetuning', 'evaluation')
def interrupt_evaluation(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Kill a fine-tuning after its last checkpoint is saved, and resume it."""
    setup = FineTuning()
    _, reference = lab.reference(setup)
    last = lab.epochs * STEPS_PER_EPOCH
    for _ in range(rounds):
        round = Round(EVALUATION, setup.name)
        work_dir = lab.work_dir('evaluation')
        # Only the last epoch is trained here.
        lab.copy_of_reference(setup, work_dir, 1, of=lab.epochs - 1)
        training = lab.train(setup, work_dir, '--resume', *KEEP_ALL)
        training.wait_for_step(last)
        training.wait_for_save()
        time.sleep(rng.uniform(0.02, 0.3))  # before or after the pointer is written
        training.send(signal.SIGKILL)
        training.end()
        if results_of(work_dir):
            round.notes.append('the evaluation had ended')
        end = lab.train(setup, work_dir, '--resume', *KEEP_ALL).end()
        round.expect(end.status == 0, f'exit status {end.status}')
        check_named(end, f'iter_{last}.pth', round)
        expected, results = results_of(reference)[-1], results_of(work_dir)
        round.expect(
            results[-1:] == [expected], f'{METRIC} {results} instead of {expected}'
        )
        yield round
