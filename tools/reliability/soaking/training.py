"""The long training: a tiny SetSim through tools/train.py, as any other run."""

import subprocess
import sys
from pathlib import Path

from tiny_setsim import (
    BATCH_SIZE,
    BY_EPOCH,
    REPOSITORY,
    config_text,
    environment,
    write_images,
)

IMAGES = 256
STEPS_PER_EPOCH = IMAGES // BATCH_SIZE
EPOCHS_PER_SAVE = 2

LONG = """
train_dataloader.update(num_workers=1, persistent_workers=True)
default_hooks = dict(
    logger=dict(interval=10),
    checkpoint=dict(interval={epochs_per_save}, max_keep_ckpts=3),
    bounded_history=dict(type='BoundedHistoryHook', length={history}),
)
log_processor = dict(window_size=10)
"""


def write_training(folder: Path, epochs: int) -> Path:
    """Write images and config of the long training, unless they are there.

    Args:
        folder (Path): The output folder of the training.
        epochs (int): Of 64 steps.

    Returns:
        Path: The config.
    """
    folder.mkdir(parents=True, exist_ok=True)
    images = folder / 'images'
    if not images.exists():
        unfinished = write_images(folder / f'images.{epochs}', IMAGES)
        unfinished.rename(images)
    config = folder / 'soak_config.py'
    config.write_text(
        config_text(
            BY_EPOCH,
            LONG,
            images=images.resolve(),
            epochs=epochs,
            epochs_per_save=EPOCHS_PER_SAVE,
            # Full long before the second quarter of the run, which is compared.
            history=min(1000, max(10, epochs * STEPS_PER_EPOCH // 8)),
        )
    )
    return config


def start_training(config: Path, folder: Path) -> subprocess.Popen:
    """Start the training, or go on with it, in a process group of its own.

    Args:
        config (Path): From :func:`write_training`.
        folder (Path): The output folder. ``output.txt`` there takes what is printed.
    """
    script = REPOSITORY / 'tools' / 'train.py'
    command = [sys.executable, script, config, '--work-dir', folder, '--resume']
    with (folder / 'output.txt').open('ab') as output:
        return subprocess.Popen(
            [str(part) for part in command],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
