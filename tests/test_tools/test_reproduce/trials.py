"""Trials that take a moment: a program that logs as mmengine's training does."""

import sys
from pathlib import Path

from mmengine.config import Config

from setsim_mm.runs import Metric
from studies.trials import Trial

PROGRAM = Path(__file__).with_name('program.py')
ACCURACY = Metric('accuracy', 'accuracy', '%')


def make_trial(
    folder: Path, name: str = 'run', seed: int = 0, how: str = 'well', **config: object
) -> Trial:
    """Make a trial; ``how`` says how it ends (see program.py)."""
    return Trial(
        name=name,
        seed=seed,
        folder=folder,
        config=Config(dict(dict(train_cfg=dict(max_epochs=4)), **config)),
        launch=(sys.executable, str(PROGRAM), 'CONFIG', 'WORK_DIR', 'SEED', how),
        metrics=(ACCURACY,),
    )
