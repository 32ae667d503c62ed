"""The whole comparison on drawn streets with a tiny network; trainings are forks."""

import importlib.util
import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple
from unittest import mock

import pytest
from PIL import Image

from setsim_mm.runs.config_text import read_config_text
from tests.labelled_images import write_camvid

from .forked import ForkedProgram

REPOSITORY = Path(__file__).resolve().parents[4]
# In the runner only: programs start further processes.
FORKS = SimpleNamespace(
    Popen=ForkedProgram,
    DEVNULL=subprocess.DEVNULL,
    STDOUT=subprocess.STDOUT,
    TimeoutExpired=subprocess.TimeoutExpired,
)
TINY = """
model = dict(
    backbone=dict(depth=18, stem_channels=8, base_channels=8),
    neck=dict(in_channels=64, hid_channels=16, out_channels=8),
    feat_dim=8,
    queue_len=8,
    bn_group_size=None,
)
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    dataset=dict(pipeline={'1': dict(transforms={'0': {'0': dict(size=32)}})}),
)
train_cfg = dict(max_epochs=1)
param_scheduler = [dict(type='CosineAnnealingLR', by_epoch=True)]
custom_hooks = [
    dict(type='CorrespondencePrecisionHook', initial=False, num_images=2),
]
"""


class Ended(NamedTuple):
    """A call of the program."""

    status: object
    output: str
    errors: str


class Comparison(NamedTuple):
    """A comparison that has ended."""

    folder: Path
    arguments: list[object]
    done: Ended

    @property
    def work_dir(self) -> Path:
        return self.folder / 'work_dirs' / 'worth_it'

    def again(self, *more: object) -> Ended:
        return call(self.folder, *self.arguments, *more)


def call(folder: Path, *arguments: object) -> Ended:
    """Call main() of the program in a folder."""
    script = REPOSITORY / 'tools' / 'worth_it.py'
    spec = importlib.util.spec_from_file_location('tool', script.resolve())
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    before, status = os.getcwd(), 0
    output, errors = io.StringIO(), io.StringIO()
    os.chdir(folder)
    try:
        with (
            mock.patch.object(sys, 'argv', [str(script), *map(str, arguments)]),
            mock.patch('studies.runner.subprocess', FORKS),
            redirect_stdout(output),
            redirect_stderr(errors),
        ):
            tool.main()
    except SystemExit as ended:
        status = ended.code
    finally:
        os.chdir(before)
    return Ended(status, output.getvalue(), errors.getvalue())


@pytest.fixture(scope='module')
def comparison(tmp_path_factory) -> Comparison:
    folder = tmp_path_factory.mktemp('a comparison')
    write_camvid(folder / 'streets', number=10)
    (folder / 'tiny.py').write_text(TINY)
    arguments = [
        '--unlabelled', 'streets/images/train', '--images', 'streets/images/train',
        '--labels', 'streets/labels/train', '--ignored', 11,
        '--shares', 25, 100, '--seeds', 0, 1, '--size', 48, 64, '--k', 3,
        '--merge', 'tiny.py', '--gpus', 0, '--num-workers', 0,
    ]  # fmt: skip
    return Comparison(folder, arguments, call(folder, *arguments))


def test_it_ends_with_table_plot_and_sentence(comparison):
    assert (comparison.done.status, comparison.done.errors) == (0, '')
    *_, files, sentence = comparison.done.output.splitlines()
    assert sentence.startswith('By in-context retrieval with 100 % of the labels, ')
    assert 'pre-trained here from random is ' in sentence and '2 seeds' in sentence
    text = (comparison.work_dir / 'worth_it.md').read_text()
    assert sentence in text and files.startswith('Table: ')
    assert '2 of the 10 unlabelled images are held out, and left out' in text
    rows = (comparison.work_dir / 'worth_it.csv').read_text().splitlines()
    assert len(rows) == 1 + 2 * 2 and all(len(r.split(',')) == 2 + 4 for r in rows)
    with Image.open(comparison.work_dir / 'worth_it.png') as picture:
        assert len(picture.convert('RGB').getcolors(2**20)) > 10


def test_held_out_images_do_not_enter_pretraining(comparison):
    splits = json.loads((comparison.work_dir / 'splits.json').read_text())['seeds']
    for seed in '01':
        run = comparison.work_dir / 'pretraining' / 'random_pretrained' / f'seed_{seed}'
        (config,) = run.glob('*/vis_data/config.py')
        dataset = read_config_text(config.read_text())['train_dataloader']['dataset']
        read = set(Path(dataset['ann_file']).read_text().split())
        assert dataset['ann_file_required'] and len(read) == 8
        assert not read & set(splits[seed]['held_out'])
        assert dataset['data_root'] == str(comparison.folder / 'streets/images/train')


def test_nothing_runs_twice(comparison):
    logs = sorted(comparison.work_dir.rglob('trial.log'))
    before = [log.stat().st_mtime_ns for log in logs]
    again = comparison.again()
    assert again.status == 0 and ' starts ' not in again.output
    assert again.output.splitlines()[-1] == comparison.done.output.splitlines()[-1]
    assert [log.stat().st_mtime_ns for log in logs] == before
    assert len(logs) == 2 + 2 + 2


@pytest.mark.parametrize(
    ('more', 'reason'),
    [
        (['--shares', 50, 100], 'other data or options'),
        (['--pretrain-on-held-out'], 'pretrain_on_held_out is False there'),
        (['--k', 4], 'probe.k is 3 there and 4 here'),
        (['--cfg-options', 'optim_wrapper.optimizer.lr=1.0'], 'optimizer.lr'),
        (['--work-dir', 'new', '--k', 10000], 'neighbours are asked for'),
        (['--work-dir', 'new', '--weights', 'none.pth'], "'none.pth'"),
        (['--work-dir', 'new', '--classes', 'none.txt'], "'none.txt'"),
        (['--work-dir', 'new', '--fine-tune'], '--fine-tune-merge'),
        (
            ['--work-dir', 'new', '--config', REPOSITORY / 'configs/selfsup/none.py'],
            'none.py',
        ),
    ],
)
def test_wrong_options_are_refused_in_one_sentence(comparison, more, reason):
    ended = comparison.again(*more)
    assert ended.status == 1 and reason in ended.errors
    assert len(ended.errors.splitlines()) == 1
    assert not (comparison.folder / 'new' / 'pretraining').exists()


@pytest.mark.parametrize(
    ('more', 'reason'),
    [
        (['--val-share', 1], '--val-share must be between 0 and 1'),
        (['--val-labels', 'streets/labels/val'], '--val-labels needs --val-images'),
        (['--size', 1, 2, 3], '--size takes one or two numbers'),
        (['--jobs', 0], '--jobs must be at least 1'),
    ],
)
def test_options_that_make_no_sense(comparison, more, reason):
    ended = comparison.again(*more)
    assert ended.status == 2 and reason in ended.errors
