"""Trials of a program that takes a moment and logs as mmengine does."""

import sys
from pathlib import Path

from mmengine.config import Config

from setsim_mm.runs.metrics import Metric
from studies.trials import Trial

PROGRAM = Path(__file__).with_name('program.py')
ACCURACY = Metric('accuracy', 'accuracy', '%')


def make_trial(
    folder: Path, name: str = 'run', seed: int = 0, how: str = 'well', **config: object
) -> Trial:
    """Return a trial; ``how`` it ends is an argument of program.py."""
    return Trial(
        name=name,
        seed=seed,
        folder=folder,
        config=Config(dict(dict(train_cfg=dict(max_epochs=4)), **config)),
        launch=(sys.executable, str(PROGRAM), 'CONFIG', 'WORK_DIR', 'SEED', how),
        metrics=(ACCURACY,),
    )
