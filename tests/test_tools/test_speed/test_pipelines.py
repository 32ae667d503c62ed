"""The compared pipelines make the same views."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from PIL import Image

import setsim_mm  # noqa: F401
from measurements.pipelines import (
    STEPS,
    Stopwatch,
    openmmlab_pipeline,
    torchvision_pipeline,
)

CONFIG = 'configs/selfsup/_base_/datasets/imagenet_mocov2_views.py'


@pytest.fixture(scope='module')
def photographs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Smooth random images as files."""
    folder = tmp_path_factory.mktemp('photographs')
    generator = np.random.default_rng(0)
    for number, size in enumerate([(500, 375), (375, 500), (120, 90)]):
        coarse = generator.integers(60, 196, (9, 12, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
        image.save(folder / f'{number}.jpg', quality=95)
    return sorted(str(path) for path in folder.iterdir())


@pytest.fixture
def pipeline_config() -> list:
    return Config.fromfile(Path(__file__).parents[3] / CONFIG).train_pipeline


def test_our_views_equal_torchvisions(
    photographs: list[str], pipeline_config: list
) -> None:
    """Random numbers are equal, and pixels are equal up to rounding."""
    ours, theirs = openmmlab_pipeline(pipeline_config), torchvision_pipeline()
    found = []
    for seed in range(40):
        path = photographs[seed % len(photographs)]
        torch.manual_seed(seed)
        expected = theirs(path)
        after = torch.get_rng_state()
        torch.manual_seed(seed)
        views = ours(path)
        assert torch.equal(torch.get_rng_state(), after)
        for view, wanted in zip(views, expected, strict=True):
            assert view.shape == (3, 224, 224) and view.dtype == torch.uint8
            found.append((view.double() - wanted).abs().mean().item())
    assert max(found) < 2 and np.mean(found) < 0.8


def test_real_photographs_have_the_same_statistics(
    pipeline_config: list, imagenet_sample: Path
) -> None:
    """Mean, standard deviation, saturation and sharpness of the views, in levels."""
    paths = sorted(map(str, imagenet_sample.glob('train/*/*.JPEG')))[::5]
    statistics = []
    for pipeline in (openmmlab_pipeline(pipeline_config), torchvision_pipeline()):
        torch.manual_seed(0)
        views = torch.stack([v for path in paths for v in pipeline(path)]).double()
        statistics.append(
            torch.stack(
                [
                    *views.mean((0, 2, 3)),
                    *views.std((2, 3)).mean(0),
                    (views.amax(1) - views.amin(1)).mean(),
                    views.diff(dim=3).abs().mean(),
                ]
            )
        )
    ours, theirs = statistics
    assert (ours - theirs).abs().max() < 0.5


def test_the_stopwatch_times_all_steps(
    photographs: list[str], pipeline_config: list
) -> None:
    for build in (
        lambda watch: openmmlab_pipeline(pipeline_config, watch),
        torchvision_pipeline,
    ):
        stopwatch = Stopwatch()
        torch.manual_seed(0)
        watched = build(stopwatch)(photographs[0])
        torch.manual_seed(0)
        for view, expected in zip(watched, build(None)(photographs[0]), strict=True):
            assert torch.equal(view, expected)
        assert set(stopwatch.seconds) == set(STEPS)
        assert all(seconds > 0 for seconds in stopwatch.seconds.values())


def test_a_stopwatch_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock: Iterator[float] = iter([1.0, 3.0, 10.0, 10.5])
    monkeypatch.setattr('time.perf_counter', lambda: next(clock))
    stopwatch = Stopwatch()
    double = stopwatch.watch('double', lambda number: 2 * number)
    assert (double(3), double(4)) == (6, 8)
    assert stopwatch.seconds == {'double': 2.5}
