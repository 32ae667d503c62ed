"""A pre-training of SetSim that takes seconds, counted in epochs or in iterations."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[3]
IMAGES = 16
BATCH_SIZE = 4
STEPS_PER_EPOCH = IMAGES // BATCH_SIZE
SIDE = 80  # pixels

CONFIG = """
_base_ = '{repository}/configs/selfsup/demo_r18.py'
custom_imports = dict(
    imports=['setsim_mm', 'attacks.step_log'], allow_failed_imports=False
)

model = dict(
    queue_len=10,  # wraps around in the middle of a batch
    feat_dim=16,
    backbone=dict(stem_channels=4, base_channels=4),
    neck=dict(in_channels=32, hid_channels=16, out_channels=16),
)
# MoCo-v2's views, so that every sample draws random numbers.
train_pipeline = _base_.train_pipeline
train_pipeline[1].transforms[0][0].size = 64
train_dataloader = dict(
    batch_size={batch_size}, dataset=dict(data_root={images!r}, pipeline=train_pipeline)
)
custom_hooks = [*_base_.custom_hooks[:-1], dict(type='StepLogHook')]
"""
BY_EPOCH = """
train_cfg = dict(max_epochs={epochs})
param_scheduler = [
    dict(
        type='CosineAnnealingLR', end={epochs}, by_epoch=True,
        convert_to_iter_based=True,
    )
]
"""
BY_ITERATION = """
train_cfg = dict(_delete_=True, type='IterBasedTrainLoop', max_iters={steps})
param_scheduler = [dict(type='CosineAnnealingLR', end={steps}, by_epoch=False)]
default_hooks = dict(checkpoint=dict(by_epoch=False, interval={interval}))
log_processor = dict(by_epoch=False)
train_dataloader.update(sampler=dict(type='InfiniteSampler', shuffle=True))
"""
FEW_STEPS_A_SAVE = 3


@dataclass(frozen=True)
class Setup:
    """How a training is run.

    Args:
        by_epoch (bool): Whether it is counted in epochs, not in iterations. Defaults
            to True.
        workers (int): Processes that load data, for each that trains. Defaults to 0.
        processes (int): Processes that train. Defaults to 1.
    """

    by_epoch: bool = True
    workers: int = 0
    processes: int = 1

    @property
    def name(self) -> str:
        """What the table calls it."""
        loop = 'epochs' if self.by_epoch else 'iterations'
        workers = f'{self.workers} workers'
        return ', '.join([loop, workers] + ['2 processes'] * (self.processes > 1))

    @property
    def kind(self) -> str:
        """What names its files; the number of data workers must change nothing."""
        loop = 'epochs' if self.by_epoch else 'iterations'
        return f'{loop}_{self.processes}'

    def config(self, images: Path, epochs: int) -> str:
        """Return the text of the config.

        Args:
            images (Path): The folder of the images.
            epochs (int): The length, also of a training that is counted in iterations.
        """
        text = CONFIG + (BY_EPOCH if self.by_epoch else BY_ITERATION)
        return text.format(
            repository=REPOSITORY,
            images=str(images),
            batch_size=BATCH_SIZE // self.processes,
            epochs=epochs,
            steps=epochs * STEPS_PER_EPOCH,
            interval=FEW_STEPS_A_SAVE,
        )

    def command(self, config: Path, work_dir: Path, *arguments: object) -> list[object]:
        """Return the command that a user would type.

        Args:
            config (Path): The config file.
            work_dir (Path): The output folder.
            *arguments (object): Further ones of ``tools/train.py``; the options of the
                config come last.
        """
        tools = REPOSITORY / 'tools'
        start: list[object] = [sys.executable, tools / 'train.py', config]
        if self.processes > 1:
            start = [tools / 'dist_train.sh', config, self.processes]
        if '--cfg-options' not in arguments:
            arguments = (*arguments, '--cfg-options')
        workers = f'train_dataloader.num_workers={self.workers}'
        return [*start, '--work-dir', work_dir, *arguments, workers]

    def steps_at(self, checkpoint: str) -> int:
        """Return the step at which a checkpoint of this name is saved.

        Args:
            checkpoint (str): Such as ``epoch_3.pth`` or ``iter_12.pth``.
        """
        stem, _, number = Path(checkpoint).stem.rpartition('_')
        return int(number) * (STEPS_PER_EPOCH if stem == 'epoch' else 1)


def write_images(folder: Path, number: int = IMAGES) -> Path:
    """Write JPEG files of noise.

    Args:
        folder (Path): Where; it must not exist.
        number (int): How many. Defaults to 16.

    Returns:
        Path: The folder.
    """
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for index in range(number):
        pixels = rng.integers(0, 256, (SIDE // 8, SIDE // 8, 3), dtype=np.uint8)
        image = Image.fromarray(pixels).resize((SIDE, SIDE))
        image.save(folder / f'{index:02}.jpg')
    return folder


def environment(**more: str) -> dict[str, str]:
    """Return the variables of a process that trains on the CPU with one thread.

    Args:
        **more (str): Further variables.
    """
    folders = [REPOSITORY, REPOSITORY / 'tools' / 'reliability']
    path = [str(folder) for folder in folders]
    path += filter(None, [os.environ.get('PYTHONPATH')])
    return {
        **os.environ,
        'PYTHON': sys.executable,
        'PYTHONPATH': os.pathsep.join(path),
        'CUDA_VISIBLE_DEVICES': '',
        'OMP_NUM_THREADS': '1',
        'MKL_NUM_THREADS': '1',
        **more,
    }
