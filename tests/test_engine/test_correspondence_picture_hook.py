"""The hook in real training runs with the visualizer's backends."""

from pathlib import Path

import numpy as np
import pytest
from mmengine.runner import Runner
from PIL import Image

from setsim_mm.engine.hooks import CorrespondencePictureHook
from setsim_mm.registry import HOOKS
from setsim_mm.utils import UserError
from setsim_mm.visualization.palette import ORANGE, SKY_BLUE

from ..test_visualization.pixels import shows_color
from .training_runs import WatchingHook, make_config, train_in_two_processes


def picture_config(folder: Path, algorithm: str = 'SetSim', **hook):
    cfg = make_config(folder, algorithm=algorithm)
    cfg.custom_hooks = [
        dict(type='CorrespondencePictureHook', interval=2, num_images=2, **hook)
    ]
    return cfg


def train(cfg) -> Runner:
    runner = Runner.from_cfg(cfg)
    runner.train()
    return runner


def assert_is_a_picture(pixels: np.ndarray) -> None:
    assert pixels.shape[1:] == (800, 3)
    for color in (SKY_BLUE, ORANGE):  # RGB, or the two would have changed places
        assert shows_color(pixels.astype(int), color)


def test_drawn_before_training_at_the_interval_and_at_the_end(folder: Path) -> None:
    runner = train(picture_config(folder))
    pictures = sorted(Path(runner.log_dir, 'vis_data/vis_image').iterdir())
    # Three steps an epoch: nothing after the first of three.
    assert [path.name for path in pictures] == [
        'correspondence_0.png',
        'correspondence_6.png',
        'correspondence_9.png',
    ]
    first, *_, last = (np.asarray(Image.open(path)) for path in pictures)
    for pixels in (first, last):
        assert_is_a_picture(pixels)
    assert not np.array_equal(first, last)  # the network has changed


def test_training_is_not_changed_by_the_hook(folder: Path) -> None:
    seen = []
    for with_hook in (True, False):
        cfg = picture_config(folder)
        cfg.model.matcher = dict(type='RandomMatcher')  # draws at random, too
        if not with_hook:
            cfg.custom_hooks = []
        runner = Runner.from_cfg(cfg)
        watching = WatchingHook()
        runner.register_hook(watching)
        runner.train()
        seen.append(watching.seen)
    for with_hook, without in zip(*seen, strict=True):
        for mine, other in zip(with_hook, without, strict=True):
            assert mine.equal(other)


def test_tensorboard(folder: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    cfg = picture_config(folder)
    cfg.visualizer.vis_backends = [dict(type='TensorboardVisBackend')]
    runner = train(cfg)
    events = EventAccumulator(str(Path(runner.log_dir, 'vis_data'))).Reload()
    images = events.Images('correspondence')
    assert [image.step for image in images] == [0, 6, 9]
    for image in images:
        assert image.width == 800 and image.encoded_image_string[1:4] == b'PNG'


def test_weights_and_biases_offline(folder: Path, monkeypatch) -> None:
    wandb = pytest.importorskip('wandb')
    for name in ('CONFIG', 'CACHE', 'DATA', 'ARTIFACT'):
        monkeypatch.setenv(f'WANDB_{name}_DIR', str(folder.parent / 'wandb_own'))
    monkeypatch.setenv('WANDB_SILENT', 'true')
    monkeypatch.chdir(folder)  # whose code would be recorded
    cfg = picture_config(folder)
    offline = dict(mode='offline', project='setsim')
    cfg.visualizer.vis_backends = [dict(type='WandbVisBackend', init_kwargs=offline)]
    try:
        runner = train(cfg)
        runner.visualizer.close()
    finally:
        wandb.teardown()
    (run,) = Path(runner.log_dir, 'vis_data/wandb').glob('offline-run-*')
    pictures = sorted((run / 'files/media/images').glob('correspondence_*.png'))
    assert len(pictures) == 3
    for path in pictures:
        assert_is_a_picture(np.asarray(Image.open(path).convert('RGB')))


def test_only_the_main_process_draws(folder: Path) -> None:
    cfg = picture_config(folder)
    cfg.train_cfg.max_epochs = 1
    train_in_two_processes(cfg, folder.parent)
    pictures = Path(cfg.work_dir).glob('*/vis_data/vis_image/*.png')
    assert sorted(path.name for path in pictures) == [
        'correspondence_0.png',
        'correspondence_2.png',
    ]


def test_a_model_without_matcher_raises_an_error(folder: Path) -> None:
    with pytest.raises(UserError, match=r'MoCo.*remove the hook'):
        train(picture_config(folder, 'MoCo'))


def test_no_readable_image_raises_an_error(folder: Path) -> None:
    broken = folder.parent / 'broken'
    broken.mkdir()
    (broken / '0.png').write_bytes(b'no image')
    dataset = make_config(folder).train_dataloader.dataset.to_dict()
    dataset['data_root'] = str(broken)
    with pytest.raises(UserError, match='`dataset`'):
        train(picture_config(folder, dataset=dataset))


@pytest.mark.parametrize(
    ('name', 'least'),
    [('interval', 1), ('num_images', 1), ('num_lines', 0), ('seed', 0)],
)
def test_numbers_out_of_range_raise_an_error(name: str, least: int) -> None:
    with pytest.raises(ValueError, match=rf'{name}.* {least}\b'):
        HOOKS.build(dict(type='CorrespondencePictureHook', **{name: least - 1}))
    assert CorrespondencePictureHook(**{name: least})
