"""The long training: a tiny SetSim with tools/train.py."""

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
    """Write the config of the long training, and the images if they are missing.

    Args:
        folder (Path): The output folder of the training.
        epochs (int): Number of epochs of 64 steps.

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
            # It is full before the second quarter of the run, which is compared.
            history=min(1000, max(10, epochs * STEPS_PER_EPOCH // 8)),
        )
    )
    return config


def start_training(config: Path, folder: Path) -> subprocess.Popen:
    """Start or resume the training in a new process group.

    Args:
        config (Path): The config of :func:`write_training`.
        folder (Path): The output folder. Output is appended to ``output.txt`` in it.
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
