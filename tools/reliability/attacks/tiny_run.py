"""A pre-training of SetSim that takes seconds, counted in epochs or in iterations."""

import sys
from dataclasses import dataclass
from pathlib import Path

from tiny_setsim import BATCH_SIZE, BY_EPOCH, REPOSITORY, config_text

IMAGES = 16
STEPS_PER_EPOCH = IMAGES // BATCH_SIZE

ATTACKED = """
custom_imports = dict(
    imports=['setsim_mm', 'attacks.step_log'], allow_failed_imports=False
)
model.update(queue_len=10)  # wraps around in the middle of a batch
custom_hooks.append(dict(type='StepLogHook'))
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
        by_epoch (bool): Whether it counts epochs instead of iterations. Defaults to
            True.
        workers (int): Data workers of each training process. Defaults to 0.
        processes (int): Number of training processes. Defaults to 1.
    """

    by_epoch: bool = True
    workers: int = 0
    processes: int = 1

    @property
    def name(self) -> str:
        """Name in the table."""
        loop = 'epochs' if self.by_epoch else 'iterations'
        workers = f'{self.workers} workers'
        return ', '.join([loop, workers] + ['2 processes'] * (self.processes > 1))

    @property
    def kind(self) -> str:
        """Prefix of its files, without the number of data workers."""
        loop = 'epochs' if self.by_epoch else 'iterations'
        return f'{loop}_{self.processes}'

    def config(self, images: Path, epochs: int) -> str:
        """Return the text of the config.

        Args:
            images (Path): The folder of the images.
            epochs (int): Length in epochs, even if the training counts iterations.
        """
        return config_text(
            ATTACKED,
            BY_EPOCH if self.by_epoch else BY_ITERATION,
            images=images,
            batch_size=BATCH_SIZE // self.processes,
            epochs=epochs,
            steps=epochs * STEPS_PER_EPOCH,
            interval=FEW_STEPS_A_SAVE,
        )

    def command(self, config: Path, work_dir: Path, *arguments: object) -> list[object]:
        """Return the command.

        Args:
            config (Path): The config file.
            work_dir (Path): The output folder.
            *arguments (object): Further arguments of ``tools/train.py``;
                ``--cfg-options`` comes last.
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
        """Return the step of a checkpoint like ``epoch_3.pth`` or ``iter_12.pth``."""
        stem, _, number = Path(checkpoint).stem.rpartition('_')
        return int(number) * (STEPS_PER_EPOCH if stem == 'epoch' else 1)
