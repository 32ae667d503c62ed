"""Pairs of views: reproducible on any number of ranks, without side effects."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from setsim_mm.datasets import UnlabeledImages
from setsim_mm.evaluation import cut_view_pairs, view_pairs

VIEW = [
    dict(type='RandomResizedCropWithBox', size=16),
    dict(type='RandomHorizontalFlipWithBox', prob=0.5),
]


def make_dataset(folder: Path, meta_keys=('img_path', 'view_boxes'), views=2):
    return UnlabeledImages(
        data_root=str(folder),
        max_unreadable_share=1.0,
        pipeline=[
            dict(type='LoadRGBImage'),
            dict(type='MultiViewWithBoxes', num_views=views, transforms=[VIEW]),
            dict(type='PackSelfSupInputs', meta_keys=list(meta_keys)),
        ],
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for number in range(7):
        pixels = rng.integers(256, size=(20, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f'{number}.png')
    return tmp_path


def random_state() -> tuple:
    return random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()


def test_random_state_is_restored(folder: Path) -> None:
    dataset = make_dataset(folder)
    before = random_state()
    cut_view_pairs(dataset, 4)
    after = random_state()
    assert before[:2] == after[:2]
    assert torch.equal(before[2], after[2])


def test_views_depend_on_the_seed_alone(folder: Path) -> None:
    first = cut_view_pairs(make_dataset(folder), 5, seed=1)
    torch.rand(17)
    again = cut_view_pairs(make_dataset(folder), 5, seed=1)
    other = cut_view_pairs(make_dataset(folder), 5, seed=2)
    assert first.paths == again.paths
    for side in range(2):
        assert torch.equal(first.images[side], again.images[side])
        assert torch.equal(first.boxes[side], again.boxes[side])
        assert not torch.equal(first.boxes[side], other.boxes[side])


def test_shapes_and_types(folder: Path) -> None:
    pairs = cut_view_pairs(make_dataset(folder), 5)
    assert len(pairs) == 5 and len(set(pairs.paths)) == 5
    assert [(i.shape, i.dtype) for i in pairs.images] == [
        ((5, 3, 16, 16), torch.uint8)
    ] * 2
    assert [(b.shape, b.dtype) for b in pairs.boxes] == [((5, 4), torch.float32)] * 2
    assert [len(part) for part in pairs.split(2)] == [2, 2, 1]


def test_ranks_cut_the_same_views_as_one_process(folder: Path, monkeypatch) -> None:
    alone = cut_view_pairs(make_dataset(folder), 5)
    monkeypatch.setattr(view_pairs, 'get_world_size', lambda: 2)
    shares = []
    for rank in range(2):
        monkeypatch.setattr(view_pairs, 'get_rank', lambda rank=rank: rank)
        shares.append(cut_view_pairs(make_dataset(folder), 5))
    assert [len(share) for share in shares] == [3, 2]
    for n, path in enumerate(alone.paths):
        share, at = shares[n % 2], n // 2
        assert share.paths[at] == path
        assert torch.equal(share.images[1][at], alone.images[1][n])


def test_all_images_of_a_small_data_set(folder: Path) -> None:
    assert len(cut_view_pairs(make_dataset(folder), 100)) == 7


def test_unreadable_images_are_skipped_and_not_recorded(folder: Path) -> None:
    for number in (0, 3, 4):
        (folder / f'{number}.png').write_bytes(b'no image')
    dataset = make_dataset(folder)
    pairs = cut_view_pairs(dataset, 4)
    assert sorted(Path(path).stem for path in pairs.paths) == ['1', '2', '5', '6']
    assert dataset.record.num_seen == 0


def test_no_readable_image(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(b'no image')
    pairs = cut_view_pairs(make_dataset(folder), 4)
    assert len(pairs) == 0 and list(pairs.split(2)) == []


def test_wrapped_data_sets(folder: Path) -> None:
    subset = torch.utils.data.Subset(make_dataset(folder), [1, 2])
    assert len(cut_view_pairs(subset, 4)) == 2


@pytest.mark.parametrize('changed', [dict(meta_keys=['img_path']), dict(views=1)])
def test_pipeline_without_two_views_with_boxes(folder, changed) -> None:
    with pytest.raises(ValueError, match=r'num_views=2.*view_boxes'):
        cut_view_pairs(make_dataset(folder, **changed), 2)
