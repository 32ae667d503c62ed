"""Views of one image and their boxes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from setsim_mm.apis import cut_views
from setsim_mm.datasets import UnreadableImageError

from .models import tiny_config


def ramps() -> np.ndarray:
    """An image whose red and green are its coordinates."""
    y, x = np.mgrid[:256, :256]
    return np.stack([x, y, np.zeros_like(x)], axis=2).astype(np.uint8)


def test_pixels_agree_with_the_boxes() -> None:
    *views, boxes = cut_views(tiny_config(), ramps(), seed=3)
    assert len(boxes) == 2 and boxes[0] != boxes[1]
    for view, (x1, y1, x2, y2) in zip(views, boxes, strict=True):
        assert view.shape == (64, 64, 3) and view.dtype == np.uint8
        share = (np.arange(64) + 0.5) / 64
        x = 256 * (x1 + (x2 - x1) * share) - 0.5
        y = 256 * (y1 + (y2 - y1) * share) - 0.5
        assert np.abs(view[32, 4:-4, 0] - x[4:-4]).max() < 2
        assert np.abs(view[4:-4, 32, 1] - y[4:-4]).max() < 2


def test_seed_and_size(tmp_path: Path) -> None:
    cfg = tiny_config()
    Image.fromarray(ramps()).save(tmp_path / 'ramps.png')
    first, _, boxes = cut_views(cfg, ramps(), seed=1)
    again, _, same = cut_views(cfg, tmp_path / 'ramps.png', seed=1, size=96)
    assert same == boxes and again.shape == (96, 96, 3)
    assert cut_views(cfg, ramps(), seed=2)[2] != boxes
    assert cut_views(cfg, ramps(), seed=1)[0].shape == first.shape  # cfg is unchanged


def test_wrapped_data_set() -> None:
    cfg = tiny_config()
    boxes = cut_views(cfg, ramps())[2]
    cfg.train_dataloader.dataset = dict(
        type='RepeatDataset', times=2, dataset=cfg.train_dataloader.dataset
    )
    assert cut_views(cfg, ramps())[2] == boxes


def test_error_for_an_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / 'bad.png').write_bytes(b'no image')
    with pytest.raises(UnreadableImageError, match=r'bad\.png'):
        cut_views(tiny_config(), tmp_path / 'bad.png')


def test_error_for_a_pipeline_without_boxes() -> None:
    cfg = tiny_config()
    cfg.train_dataloader.dataset.pipeline[-1].meta_keys = ['img_path']
    with pytest.raises(ValueError, match='view_boxes'):
        cut_views(cfg, ramps())
