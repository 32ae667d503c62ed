"""The list of unreadable images, in real runs."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch.utils.data import Dataset

from setsim_mm.datasets import TooManyUnreadableImages, UnlabeledImages
from setsim_mm.engine.hooks import UnreadableImagesHook
from setsim_mm.engine.runner import DurableRunner
from setsim_mm.registry import DATASETS, HOOKS

from .training_runs import make_config, train_in_two_processes

LIST = 'unreadable_images.txt'


def config(folder: Path, *more: dict, epochs: int = 1, **arguments) -> Config:
    hook = dict(type='UnreadableImagesHook', **arguments)
    cfg = make_config(folder, hook, *more, epochs=epochs)
    cfg.train_dataloader.dataset.max_unreadable_share = 0.9
    return cfg


def train(cfg: Config, *hooks: Hook) -> Runner:
    runner = DurableRunner.from_cfg(cfg)
    for hook in hooks:
        runner.register_hook(hook, 'VERY_LOW')
    runner.train()
    return runner


def spoil(folder: Path, *names: str) -> list[str]:
    """Write files that are not images; return their paths."""
    paths = [str(folder / name) for name in names]
    for path in paths:
        Path(path).write_bytes(b'no image')
    return paths


def listed(cfg: Config) -> list[str]:
    path = Path(cfg.work_dir, LIST)
    return path.read_text(encoding='utf-8').split('\n')[:-1] if path.exists() else []


class SpyHook(Hook):
    """Call functions at some points of a run."""

    def __init__(self, **functions: Callable[[Runner], None]) -> None:
        for name, function in functions.items():
            setattr(self, name, lambda runner, f=function, **kwargs: f(runner))


def test_an_epoch_based_run(folder: Path, capfd: pytest.CaptureFixture) -> None:
    bad = spoil(folder, 'b.png', 'a.png', os.fsdecode(b'\xff\n.png'))
    after_epoch = []
    cfg = config(folder, epochs=2)
    train(cfg, SpyHook(before_train_epoch=lambda _: after_epoch.append(listed(cfg))))
    expected = [bad[1], bad[0], str(folder / r'\udcff\n.png')]
    assert listed(cfg) == sorted(expected)
    assert after_epoch == [[], sorted(expected)]
    printed = ''.join(capfd.readouterr())
    assert '3 of 9 images' in printed
    assert f'{cfg.work_dir}/{LIST}' in printed
    assert not list(Path(cfg.work_dir).glob(f'.{LIST}*'))


def test_an_iteration_based_run(folder: Path) -> None:
    bad = spoil(folder, 'a.png')
    seen = []

    def note(runner: Runner) -> None:
        met = runner.train_dataloader.dataset.num_unreadable > 0
        seen.append((met, Path(runner.work_dir, LIST).exists()))

    cfg = config(folder, interval=2)
    cfg.train_cfg = dict(by_epoch=False, max_iters=8)
    cfg.train_dataloader.sampler = dict(type='InfiniteSampler')
    train(cfg, SpyHook(after_train_iter=note))
    assert listed(cfg) == bad
    first = [met for met, _ in seen].index(True)
    assert first < 6
    # Steps 2, 4, ... write it, all of them before the run ends.
    assert [there for _, there in seen].index(True) == first + (first % 2 == 0)


def test_an_interval_of_no_steps() -> None:
    with pytest.raises(ValueError, match='interval'):
        UnreadableImagesHook(interval=0)


def test_nothing_to_list(folder: Path, capfd: pytest.CaptureFixture) -> None:
    cfg = config(folder)
    train(cfg)
    assert not Path(cfg.work_dir, LIST).exists()
    assert LIST not in ''.join(capfd.readouterr())


def test_a_resumed_run_adds_to_the_list(folder: Path) -> None:
    """The file of the first session is repaired by then and stays in the list."""
    first = spoil(folder, 'b.png')
    train(config(folder))
    shutil.copy(folder / '0.png', folder / 'b.png')
    second = spoil(folder, 'a.png', 'c.png')
    cfg = config(folder, epochs=2)
    cfg.resume = True
    runner = train(cfg)
    dataset = runner.train_dataloader.dataset
    assert dataset.unreadable_images() == sorted(second)
    assert listed(cfg) == sorted(first + second)


def test_another_run_in_the_same_folder_does_not(folder: Path) -> None:
    bad = spoil(folder, 'a.png')
    cfg = config(folder)
    train(cfg)
    assert listed(cfg) == bad
    shutil.copy(folder / '0.png', folder / 'a.png')
    for checkpoint in Path(cfg.work_dir).glob('*.pth'):
        checkpoint.unlink()  # otherwise the second run would be refused
    train(config(folder))
    assert not Path(cfg.work_dir, LIST).exists()


@pytest.mark.parametrize('num_workers', [0, 2])
def test_too_many_unreadable_images(folder: Path, num_workers: int) -> None:
    """The process that raises the error adds the images of its workers, too."""
    bad = spoil(folder, *(f'bad{i}.png' for i in range(9)))
    cfg = config(folder)
    cfg.train_dataloader.num_workers = num_workers
    cfg.train_dataloader.dataset.max_unreadable_share = 0.2
    runner = DurableRunner.from_cfg(cfg)
    with pytest.raises(TooManyUnreadableImages):
        runner.train()
    names = listed(cfg)
    assert len(names) >= 4  # more than 0.2 of 15 images
    # The other worker may have met one more since.
    met = runner.train_dataloader.dataset.unreadable_images()
    assert set(names) <= set(met) <= set(bad)
    Path(cfg.work_dir, LIST).write_text('of another rank\n')
    UnreadableImagesHook().after_error(runner)
    assert {*names, 'of another rank'} <= set(listed(cfg))


def test_a_list_that_cannot_be_written(
    folder: Path, capfd: pytest.CaptureFixture
) -> None:
    """The run continues and writes the list as soon as possible."""
    bad = spoil(folder, 'a.png')
    in_its_place = folder.parent / 'work_dir' / LIST
    spy = SpyHook(
        before_train=lambda runner: in_its_place.mkdir(),
        before_train_epoch=lambda runner: runner.epoch == 2 and in_its_place.rmdir(),
    )
    cfg = config(folder, epochs=3)
    train(cfg, spy)
    assert listed(cfg) == bad
    assert 'cannot be written' in ''.join(capfd.readouterr())


@DATASETS.register_module()
class OtherImages(Dataset):
    """A data set that is not UnlabeledImages."""

    def __init__(self, knows: bool, **arguments) -> None:
        self.images = UnlabeledImages(**arguments)
        if knows:
            self.num_unreadable = 'not a number, for only the names are needed'
            self.unreadable_images = self.images.unreadable_images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> dict:
        return self.images[index]


@pytest.mark.parametrize('knows', [True, False])
def test_any_data_set(folder: Path, knows: bool) -> None:
    bad = spoil(folder, 'a.png')
    cfg = config(folder)
    cfg.train_dataloader.dataset.update(type='OtherImages', knows=knows)
    runner = train(cfg)
    assert runner.train_dataloader.dataset.images.unreadable_images() == bad
    assert Path(cfg.work_dir, LIST).exists() == knows
    if knows:
        assert listed(cfg) == bad


def test_wrapped_data_sets(folder: Path, capfd: pytest.CaptureFixture) -> None:
    """Concatenated and repeated by mmengine's wrappers."""
    first = spoil(folder, 'a.png')
    other = folder.parent / 'other'
    shutil.copytree(folder, other)
    (other / 'a.png').unlink()
    second = spoil(other, 'b.png')
    cfg = config(folder)
    images = cfg.train_dataloader.dataset
    both = [images, dict(images, data_root=str(other))]
    joined = dict(type='ConcatDataset', datasets=both)
    cfg.train_dataloader.dataset = dict(type='RepeatDataset', dataset=joined, times=2)
    train(cfg)
    assert listed(cfg) == sorted(first + second)
    assert '2 of 14 images' in ''.join(capfd.readouterr())


@HOOKS.register_module()
class OwnListHook(Hook):
    """Write the unreadable images of this rank only."""

    def after_train(self, runner: Runner) -> None:
        names = runner.train_dataloader.dataset.unreadable_images()
        Path(runner.work_dir, f'own{runner.rank}').write_text('\n'.join(names))


def test_the_list_of_two_processes(folder: Path, tmp_path: Path) -> None:
    spoil(folder, *(f'bad{i}.png' for i in range(8)))
    cfg = config(folder, dict(type='OwnListHook'))
    train_in_two_processes(cfg, tmp_path)
    own = [Path(cfg.work_dir, f'own{rank}').read_text().split() for rank in range(2)]
    assert own[0] != own[1]
    names = listed(cfg)
    assert names == sorted({*own[0], *own[1]})
    assert len(names) > max(map(len, own))


def test_random_numbers_do_not_change(folder: Path) -> None:
    spoil(folder, 'a.png')
    states = []
    spy = SpyHook(before_train_epoch=lambda _: states.append(torch.get_rng_state()))
    cfg = config(folder, epochs=2)
    train(cfg, spy)
    cfg.custom_hooks, cfg.work_dir = [], f'{cfg.work_dir}_without'
    train(cfg, spy)
    assert torch.equal(states[1], states[3])
    assert not torch.equal(states[0], states[1])
