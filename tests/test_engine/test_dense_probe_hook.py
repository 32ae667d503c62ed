"""Errors of probes with label images come before the first step."""

from pathlib import Path

import pytest
from mmengine.runner import Runner
from PIL import Image
from torch import Tensor, nn

from setsim_mm.engine.hooks import OverclusteringHook
from setsim_mm.host import MODELS
from setsim_mm.utils import UserError
from tests.labelled_images import write_camvid

from .training_runs import make_config

SIZE = (96, 128)


@pytest.fixture
def camvid(tmp_path: Path) -> Path:
    return write_camvid(tmp_path / 'camvid', number=2)


def hook(root: Path, kind: str, **options: object) -> dict:
    parts = dict(InContextHook=('train', 'val'), OverclusteringHook=('val',))[kind]
    return dict(
        type=kind,
        **{p: (str(root / 'images' / p), str(root / 'labels' / p)) for p in parts},
        num_classes=11,
        ignored=11,
        size=SIZE,
        options=options,
        initial=False,
    )


def no_label(root: Path) -> None:
    (root / 'labels/val/1.png').unlink()


def unknown_value(root: Path) -> None:
    Image.new('L', SIZE[::-1], 77).save(root / 'labels/val/1.png')


def other_size(root: Path) -> None:
    Image.new('L', (64, 48)).save(root / 'labels/val/1.png')


def one_class(root: Path) -> None:
    for path in (root / 'labels').rglob('*.png'):
        Image.new('L', SIZE[::-1], 3).save(path)


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        (no_label, r'1\.png'),
        (unknown_value, r'\[77\]'),
        (other_size, '64x48'),
        (one_class, 'class 3 only'),
    ],
)
@pytest.mark.parametrize('kind', ['InContextHook', 'OverclusteringHook'])
def test_labels_are_checked_before_the_first_step(
    folder, camvid, kind, change, sentence
):
    change(camvid)
    numbers = dict(k=3) if kind == 'InContextHook' else dict(num_clusters=4)
    runner = Runner.from_cfg(make_config(folder, hook(camvid, kind, **numbers)))
    with pytest.raises(UserError, match=sentence):
        runner.train()
    assert runner.iter == 0


@pytest.mark.parametrize(
    'probe',
    [
        dict(kind='InContextHook', memory_size=8, k=9),
        dict(kind='OverclusteringHook', num_clusters=2 * 12 * 16 + 1),
    ],
    ids=lambda probe: probe['kind'],
)
def test_numbers_are_checked_before_the_first_step(folder, camvid, probe):
    runner = Runner.from_cfg(make_config(folder, hook(camvid, **probe)))
    with pytest.raises(UserError, match=r'\b(9|385)\b'):
        runner.train()
    assert runner.iter == 0


class Vectors(nn.Module):
    """Backbone that gives a vector for each image."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 32)

    def forward(self, images: Tensor) -> tuple[Tensor]:
        return (self.layer(images.mean(dim=(2, 3))),)


def test_a_backbone_without_a_map(folder, camvid):
    MODELS.register_module(module=Vectors)
    cfg = make_config(folder, hook(camvid, 'InContextHook', k=3))
    cfg.model.backbone = dict(type='Vectors')
    runner = Runner.from_cfg(cfg)
    with pytest.raises(UserError, match='no feature map'):
        runner.train()
    assert runner.iter == 0


@pytest.mark.parametrize(
    'labels',
    [
        dict(),
        dict(val=('images', 'labels')),
        dict(val=('images', 'labels'), num_classes=3, mmseg_config='a.py'),
        dict(num_classes=3, mmseg_config='a.py', val=('images', 'labels')),
    ],
)
def test_labels_from_one_source(labels):
    with pytest.raises(UserError, match='mmseg_config'):
        OverclusteringHook(SIZE, **labels)
