"""Limited histories: the same statistics, and constant size."""

import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.model import BaseModel
from mmengine.runner import Runner

from setsim_mm.engine.hooks import BoundedHistoryHook
from setsim_mm.utils import load_checkpoint
from setsim_mm.utils.errors import UserError

from .training_runs import logged, make_config

STEPS_PER_EPOCH = 3
WINDOWS = dict(
    window_size=5,
    custom_cfg=[
        dict(data_src='loss', log_name='of_7', method_name='mean', window_size=7),
        dict(data_src='loss', log_name='top', method_name='max', window_size='epoch'),
        dict(data_src='loss', log_name='now', method_name='current'),
    ],
)


def config(folder: Path, *hooks: dict, work_dir: str, epochs: int, **changes) -> Config:
    cfg = make_config(folder, *hooks, epochs=epochs)
    cfg.work_dir = str(folder.parent / work_dir)
    cfg.merge_from_dict(changes)
    return cfg


def train(*args, **kwargs) -> Runner:
    runner = Runner.from_cfg(config(*args, **kwargs))
    runner.train()
    return runner


def saved_histories(runner: Runner, epoch: int) -> dict:
    path = Path(runner.work_dir, f'epoch_{epoch}.pth')
    return load_checkpoint(path)['message_hub']['log_scalars']


def values(histories: dict) -> dict[str, np.ndarray]:
    """The loss and its parts; times differ from run to run."""
    parts = {
        name: history.data[0] for name, history in histories.items() if 'loss' in name
    }
    assert parts
    return parts


def statistics(runner: Runner) -> list[dict]:
    names = ('step', 'loss', 'loss_image', 'of_7', 'top', 'now')
    return [{n: r[n] for n in names} for r in logged(runner.work_dir, 'now')]


@pytest.fixture
def unbounded(folder) -> Runner:
    return train(folder, work_dir='unbounded', epochs=5, log_processor=WINDOWS)


def test_logged_statistics_are_those_of_the_whole_history(folder, unbounded):
    hook = dict(type='BoundedHistoryHook', length=2)

    bounded = train(folder, hook, work_dir='bounded', epochs=5, log_processor=WINDOWS)

    assert len(statistics(bounded)) == 5 * STEPS_PER_EPOCH
    assert statistics(bounded) == statistics(unbounded)
    whole = values(unbounded.message_hub.log_scalars)
    for name, kept in values(bounded.message_hub.log_scalars).items():
        np.testing.assert_array_equal(kept, whole[name][-7:])  # the longest window


def test_size_in_memory_and_checkpoint_is_constant(folder):
    hook = dict(type='BoundedHistoryHook', length=4)

    runner = train(
        folder, hook, work_dir='bounded', epochs=5, log_processor=dict(window_size=1)
    )

    early, late = (saved_histories(runner, epoch) for epoch in (2, 5))
    assert len(pickle.dumps(early)) == len(pickle.dumps(late))
    for history in runner.message_hub.log_scalars.values():
        assert [len(part) for part in history.data] == [4, 4]


def test_history_of_an_older_checkpoint_is_shortened(folder, unbounded):
    checkpoint = Path(unbounded.work_dir, 'epoch_3.pth')
    hook = dict(type='BoundedHistoryHook', length=8)

    with warnings.catch_warnings():
        warnings.filterwarnings('error', message='The length of history buffer')
        runner = train(
            folder, hook, work_dir='resumed', epochs=5,
            resume=True, load_from=str(checkpoint), log_processor=dict(window_size=1),
        )  # fmt: skip

    older = values(saved_histories(unbounded, 3))
    for name, kept in values(runner.message_hub.log_scalars).items():
        assert len(kept) == 8
        np.testing.assert_array_equal(kept[:2], older[name][-2:])  # and 6 new steps


@pytest.mark.parametrize('window', [dict(window_size='global'), dict()])
def test_statistic_over_a_longer_run_raises_an_error_before_it_starts(folder, window):
    entry = dict(data_src='loss', log_name='all', method_name='mean', **window)
    cfg = config(
        folder, dict(type='BoundedHistoryHook', length=8), work_dir='refused',
        epochs=3, log_processor=dict(custom_cfg=[entry]),
    )  # fmt: skip

    with pytest.raises(UserError, match=r"'loss'.* 9 .* 8 .*window_size.*length=9"):
        Runner.from_cfg(cfg).train()

    assert not list(Path(cfg.work_dir).glob('*.pth'))


def test_statistic_over_the_whole_run_is_right_if_its_values_are_kept(folder):
    entry = dict(
        data_src='loss', log_name='all', method_name='mean', window_size='global'
    )

    runner = train(
        folder, dict(type='BoundedHistoryHook', length=9), work_dir='kept', epochs=3,
        log_processor=dict(window_size=1, custom_cfg=[entry]),
    )  # fmt: skip

    records = logged(runner.work_dir, 'all')
    every_loss = [record['loss'] for record in records]
    assert len(every_loss) == 9
    assert records[-1]['all'] == pytest.approx(np.mean(every_loss), rel=1e-12)


class Toy(BaseModel):
    """One weight; the loss is its product with the input."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, inputs, mode='tensor'):
        """Return a loss, or predictions."""
        value = torch.stack(list(inputs)).mean() * self.weight
        return dict(loss=value) if mode == 'loss' else [value]


class Count(BaseMetric):
    def process(self, data_batch, data_samples) -> None:
        self.results.append(1)

    def compute_metrics(self, results) -> dict:
        return dict(count=len(results))


@pytest.mark.parametrize('by_epoch', [True, False])
def test_all_values_of_a_validation_are_kept(tmp_path, by_epoch):
    def loader(number):
        return dict(
            batch_size=1,
            dataset=[dict(inputs=torch.ones(1))] * number,
            sampler=dict(type='DefaultSampler', shuffle=False),
        )

    length = dict(max_epochs=4) if by_epoch else dict(max_iters=20, val_interval=5)
    runner = Runner(
        model=Toy(),
        work_dir=str(tmp_path),
        train_dataloader=loader(5),
        val_dataloader=loader(6),
        train_cfg=dict(by_epoch=by_epoch, **length),
        val_cfg=dict(),
        val_evaluator=Evaluator([Count()]),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        log_processor=dict(by_epoch=by_epoch, window_size=2),
        custom_hooks=[BoundedHistoryHook(length=3)],
        experiment_name=tmp_path.name,
    )

    runner.train()

    lengths = {
        name: len(history.data[0])
        for name, history in runner.message_hub.log_scalars.items()
    }
    # Four validations of six steps each, of which mmengine logs the mean time.
    assert lengths['val/time'] == lengths['val/data_time'] == 6
    assert lengths['train/loss'] == lengths['train/time'] == 3


def test_length_must_be_positive():
    with pytest.raises(ValueError, match=r'length.* 1\b'):
        BoundedHistoryHook(length=0)
