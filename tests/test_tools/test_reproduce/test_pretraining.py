"""Trials of pre-training, and the record that tools/train.py writes for each."""

import pytest

from setsim_mm.runs.run_record import continue_record, read_record, training_record
from setsim_mm.utils import load_training_config
from studies.families import FAMILIES
from studies.pretraining import Scale, pretraining_trials
from tests.test_tools.training_helpers import REPO

SCALE = Scale(str(REPO / 'configs/selfsup/_base_/scales/miniature_r18.py'))


@pytest.mark.parametrize('family', FAMILIES, ids=lambda family: family.name)
def test_train_goes_on_with_the_record_of_the_trial(family, tmp_path):
    for trial in pretraining_trials(family.rows[-1:], [3], SCALE, tmp_path, REPO):
        trial.prepare()
        cfg = load_training_config(str(trial.config_file), {'randomness.seed': 3})
        cfg.work_dir = str(trial.work_dir)
        own = training_record(cfg, 1, dict(amp=False, auto_scale_lr=False))
        assert own == trial.record
        (trial.work_dir / 'epoch_1.pth').touch()
        assert continue_record(own) == read_record(trial.work_dir) == trial.record
