"""The same seed gives the same order from files, LMDB and tar shards."""

from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from setsim_mm.datasets import UnlabeledImages

from .conftest import Photographs, name_of

CONFIG = (
    Path(__file__).parents[3]
    / 'configs/selfsup/_base_/datasets/images_folder_mocov2_views.py'
)
FORMS = ['plain', 'lmdb', 'tar']
Sample = tuple[str, list[float], np.ndarray, np.ndarray]


@pytest.fixture(autouse=True)
def default_scope() -> Iterator[None]:
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        yield


def samples(
    packed: Photographs, form: str, num_workers: int = 0, batch_size: int = 4, **more
) -> list[Sample]:
    """Two epochs of the folder config with one changed setting."""
    torch.manual_seed(0)
    cfg = Config.fromfile(CONFIG).train_dataloader
    cfg.update(
        batch_size=batch_size,
        num_workers=num_workers,
        persistent_workers=num_workers > 0,
        drop_last=False,
    )
    cfg.dataset.update(max_unreadable_share=0.5, **more)
    cfg.dataset.data_root = str(packed.folder(form))
    loader = Runner.build_dataloader(cfg, seed=0)
    loader.dataset[0]  # as PreTrainingCheckHook reads one, before workers are forked
    torch.manual_seed(0)
    taken = []
    for epoch in range(2):
        loader.sampler.set_epoch(epoch)
        for batch in loader:
            for i, sample in enumerate(batch['data_samples']):
                name = name_of(sample.metainfo['img_path'])
                boxes = sample.metainfo['view_boxes'].tolist()
                taken.append(
                    (name, boxes, *(view[i].numpy() for view in batch['inputs']))
                )
    return taken


def assert_same(found: list[Sample], expected: list[Sample]) -> None:
    assert [name for name, *_ in found] == [name for name, *_ in expected]
    for one, other in zip(found, expected, strict=True):
        assert one[1] == other[1]
        for view, expected_view in zip(one[2:], other[2:], strict=True):
            assert np.array_equal(view, expected_view)


@pytest.mark.parametrize('num_workers', [0, 2])
def test_same_order_same_pixels(packed: Photographs, num_workers: int) -> None:
    """With and without the list."""
    ann_file = str(packed.ann_file)
    expected = samples(packed, 'plain', num_workers, ann_file=ann_file)
    assert len(expected) == 20
    drawn = [name for name, *_ in expected]
    assert drawn[:10] != drawn[10:]
    assert not {'n01/truncated.jpg', 'n03/empty.jpg'} & set(drawn)
    for form in ('lmdb', 'tar'):
        found = samples(packed, form, num_workers, ann_file=ann_file)
        assert_same(found, expected)
        assert_same(samples(packed, form, num_workers), expected)


def test_some_classes(packed: Photographs) -> None:
    arguments = dict(ann_file=str(packed.ann_file), classes=['n03', 'n01'])
    expected = samples(packed, 'plain', **arguments)
    assert len(expected) == 14
    for form in ('lmdb', 'tar'):
        assert_same(samples(packed, form, **arguments), expected)
        del arguments['ann_file']
        assert_same(samples(packed, form, **arguments), expected)
        arguments['ann_file'] = str(packed.ann_file)


def _rank(rank: int, rendezvous: str, packed: Photographs, results) -> None:
    dist.init_process_group(
        'gloo', init_method=f'file://{rendezvous}', rank=rank, world_size=2
    )
    taken = {
        form: samples(packed, form, batch_size=2, ann_file=str(packed.ann_file))
        for form in FORMS
    }
    results.put((rank, taken))
    dist.destroy_process_group()


def test_two_processes_get_the_same_shares(packed: Photographs, tmp_path: Path) -> None:
    samples(packed, 'lmdb')  # opened before the fork
    context = get_context('fork')
    results = context.SimpleQueue()
    processes = [
        context.Process(
            target=_rank, args=(rank, str(tmp_path / 'rendezvous'), packed, results)
        )
        for rank in range(2)
    ]
    for process in processes:
        process.start()
    of_rank = dict(results.get() for _ in processes)
    for process in processes:
        process.join()
        assert process.exitcode == 0
    for taken in of_rank.values():
        assert len(taken['plain']) == 10  # half of the list in each of two epochs
        assert_same(taken['lmdb'], taken['plain'])
        assert_same(taken['tar'], taken['plain'])
    first, second = (taken['plain'] for taken in of_rank.values())
    assert [name for name, *_ in first] != [name for name, *_ in second]


@pytest.mark.parametrize('form', ['lmdb', 'tar'])
def test_unreadable_images(packed: Photographs, form: str, logged: list[str]) -> None:
    dataset = UnlabeledImages(
        data_root=str(packed.folder(form)),
        pipeline=[dict(type='LoadRGBImage')],
        max_unreadable_share=0.5,
    )
    for idx in range(len(dataset)):
        dataset[idx]
    bad = dataset.unreadable_images()
    assert list(map(name_of, bad)) == ['n01/truncated.jpg', 'n03/empty.jpg']
    assert len(logged) == 2
    assert all(uri in message for uri, message in zip(bad, logged, strict=True))
