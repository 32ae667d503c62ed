"""From a file to the model's input, through mmengine's DataLoader."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from setsim_mm.models.utils import preprocess
from setsim_mm.registry import MODELS

CONFIGS = Path(__file__).parents[2] / 'configs' / 'selfsup' / '_base_' / 'datasets'
NAMES = [
    'imagenet_mocov2_views',
    'imagenet100_mocov2_views',
    'images_folder_mocov2_views',
]


@pytest.fixture(autouse=True)
def default_scope() -> Iterator[None]:
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        yield


@pytest.fixture
def images(tmp_path: Path, write_images: Callable) -> Path:
    write_images(*(f'{i}.jpg' for i in range(10)), size=(300, 200))
    return tmp_path


def build(folder: Path, num_workers: int, seed: int = 0) -> DataLoader:
    """Build the loader of the config for any folder."""
    cfg = Config.fromfile(CONFIGS / 'images_folder_mocov2_views.py')
    cfg.train_dataloader.update(
        batch_size=4,
        num_workers=num_workers,
        persistent_workers=num_workers > 0,
    )
    cfg.train_dataloader.dataset.data_root = str(folder)
    return Runner.build_dataloader(cfg.train_dataloader, seed=seed)


def boxes(loader: DataLoader, epochs: int) -> np.ndarray:
    """Return the boxes of all views: epochs x samples x V x 4."""
    return np.array(
        [
            [s.metainfo['view_boxes'] for b in loader for s in b['data_samples']]
            for _ in range(epochs)
        ]
    )


@pytest.mark.parametrize('num_workers', [0, 2])
def test_boxes_reach_the_model(images: Path, num_workers: int) -> None:
    loader = build(images, num_workers)
    preprocessor = MODELS.get('SelfSupDataPreprocessor')(
        mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375)
    )
    assert len(loader) == 2  # of 10 images in fours, the last two are dropped
    for batch in loader:
        # Red stays the first channel: with bgr_to_rgb it would become the last.
        raw = [view.clone() for view in batch['inputs']]
        inputs, samples = preprocess(preprocessor, batch)
        for view, raw_view in zip(inputs, raw, strict=True):
            assert view.shape == (4, 3, 224, 224)
            assert raw_view.dtype == torch.uint8
            red = (raw_view[:, 0].float() - 123.675) / 58.395
            torch.testing.assert_close(view[:, 0], red)
        for sample in samples:
            view_boxes = sample.metainfo['view_boxes']
            assert isinstance(view_boxes, np.ndarray)
            assert view_boxes.shape == (2, 4) and view_boxes.dtype == np.float32
            assert (view_boxes >= 0).all() and (view_boxes <= 1).all()
            assert (view_boxes[:, 1] < view_boxes[:, 3]).all()
            assert Path(sample.metainfo['img_path']).parent == images


@pytest.mark.parametrize('num_workers', [0, 2])
def test_views_differ_between_workers_and_epochs(
    images: Path, num_workers: int
) -> None:
    torch.manual_seed(0)
    found = boxes(build(images, num_workers), epochs=3).reshape(-1, 4)
    assert len(found) == 3 * 8 * 2
    assert len(np.unique(found, axis=0)) == len(found)


@pytest.mark.parametrize('num_workers', [0, 2])
def test_a_seed_gives_the_same_views(images: Path, num_workers: int) -> None:
    def run(seed: int) -> np.ndarray:
        torch.manual_seed(seed)
        return boxes(build(images, num_workers, seed), epochs=1)

    assert np.array_equal(run(0), run(0))
    assert not np.array_equal(run(0), run(1))


@pytest.mark.parametrize('name', NAMES)
def test_configs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every config works from any folder and has the paper's values."""
    monkeypatch.chdir(tmp_path)
    loader = Config.fromfile(CONFIGS / f'{name}.py').train_dataloader
    assert loader.batch_size * 8 == 256
    assert loader.drop_last and loader.persistent_workers
    assert loader.collate_fn == dict(type='default_collate')
    _, multi_view, _ = loader.dataset.pipeline
    assert multi_view.num_views == 2
    assert [transform.type for transform in multi_view.transforms[0]] == [
        'RandomResizedCropWithBox',
        'RGBColorJitter',
        'RGBRandomGrayscale',
        'RGBRandomGaussianBlur',
        'RandomHorizontalFlipWithBox',
    ]


def test_imagenet100_is_100_classes_of_imagenet() -> None:
    cfg = Config.fromfile(CONFIGS / 'imagenet100_mocov2_views.py')
    classes = cfg.train_dataloader.dataset.classes
    assert len(set(classes)) == 100
    assert all(name[0] == 'n' and name[1:].isdigit() for name in classes)
    assert cfg.train_dataloader.dataset.ann_file == 'meta/train.txt'


def test_real_photographs(imagenet_sample: Path) -> None:
    cfg = Config.fromfile(CONFIGS / 'imagenet_mocov2_views.py').train_dataloader
    cfg.dataset.data_root = str(imagenet_sample)
    cfg.dataset.indices = 100
    cfg.update(num_workers=2, batch_size=25)
    loader = Runner.build_dataloader(cfg, seed=0)
    assert len(loader) == 4
    for batch in loader:
        assert [view.shape for view in batch['inputs']] == [(25, 3, 224, 224)] * 2
    assert loader.dataset.num_unreadable == 0
    assert loader.dataset.record.num_seen == 100
