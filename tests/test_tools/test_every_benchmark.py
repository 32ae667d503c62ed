"""Every benchmark from a checkpoint to its table, on toy data in the real formats.

Only the iterations, the size of images and the data root of the configs are changed,
and in the fast tests the number of regions.
"""

from pathlib import Path

import pandas as pd
import pytest
import torch

from setsim_mm.runs.run_record import read_record
from studies.tasks import TASKS
from tests.benchmark_configs import CONFIGS
from tests.forked_python import forked_python
from tests.test_transfer.checkpoints import resnet_weights, write
from toy import make_toy_datasets

from .training_helpers import REPO, run, run_python

SMALL = ('--iterations', 2, '--image-scale', 0.1)
# Most of the time is spent on the regions of the detector.
FEW_REGIONS = (
    '--cfg-options',
    'model.train_cfg.rcnn.sampler.num=16',
    'model.test_cfg.rpn.max_per_img=20',
)
IN_THE_SUITE = {Path(task.config).name for task in TASKS}
pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> Path:
    """A folder with toy data and a checkpoint in MoCo's format."""
    folder = tmp_path_factory.mktemp('every benchmark')
    make_toy_datasets(folder / 'toy', num_images=4)
    named = {f'module.encoder_q.{name}': w for name, w in resnet_weights().items()}
    write(folder / 'moco.pth.tar', named)
    return folder


# One detector and one segmentor in the fast tests, all seven in the slow ones.
@pytest.mark.parametrize(
    ('names', 'options'),
    [
        (('coco', 'voc_seg'), FEW_REGIONS),
        pytest.param([task.name for task in TASKS], (), marks=pytest.mark.slow),
    ],
    ids=['two', 'all'],
)
def test_suite_trains_evaluates_and_writes_tables(names, options, folder):
    done = run(
        forked_python(), REPO / 'tools/reproduce/run_suite.py',
        '--checkpoint', 'moco.pth.tar', '--data-root', 'toy', '--trials', 1,
        '--gpus', 0, *SMALL, '--work-dir', 'suite', '--tasks', ','.join(names),
        *options,
        cwd=folder, timeout=1200,
    )  # fmt: skip

    assert f'{len(names)} of {len(names)} done' in done.stdout
    for task in (task for task in TASKS if task.name in names):
        run_dir = folder / 'suite' / 'moco' / task.name / 'seed_0'
        metrics = read_record(run_dir).metrics
        assert all(0 <= metric.of(metrics) <= 100 for metric in task.columns.values())
        started = torch.load(run_dir / 'backbone.pth', weights_only=True)['state_dict']
        assert torch.equal(started['conv1.weight'], resnet_weights()['conv1.weight'])

        table = pd.read_csv(folder / 'suite' / f'{task.table}.csv')
        (ours,) = table[table['source'] == 'ours'].to_dict('records')
        for column, metric in task.columns.items():
            assert ours[column] == pytest.approx(metric.of(metrics))


@pytest.mark.slow
@pytest.mark.parametrize(
    'config',
    [path for path in CONFIGS if path.name not in IN_THE_SUITE],
    ids=lambda path: path.stem,
)
def test_the_other_configs_train_and_are_evaluated(config, folder):
    run_python(
        'tools/benchmarks/finetune.py', config, 'moco.pth.tar',
        '--data-root', 'toy', *SMALL, '--work-dir', config.stem,
        cwd=folder,
    )  # fmt: skip

    metrics = read_record(folder / config.stem).metrics
    second = 'keypoints' if 'keypoint' in config.name else 'segm'
    for name in ('bbox_mAP', 'bbox_mAP_50', f'{second}_mAP', f'{second}_mAP_75'):
        assert 0 <= metrics[f'coco/{name}'] <= 1


def test_no_config_is_left_out():
    assert len(IN_THE_SUITE) == 7
    assert IN_THE_SUITE < {path.name for path in CONFIGS}
