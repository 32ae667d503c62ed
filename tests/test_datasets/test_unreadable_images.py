"""Damaged files are skipped, counted and logged; too many stop training."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader

from setsim_mm.datasets import (
    TooManyUnreadableImages,
    UnlabeledImages,
    UnreadableImageError,
)

from .images import truncate


@pytest.fixture
def folder(tmp_path: Path, write_images: Callable) -> Path:
    """Twelve files: a truncated JPEG, a text file named .png, ten images."""
    paths = write_images(*(f'{i:02}.jpg' for i in range(11)), size=(120, 80))
    truncate(paths[3])
    (tmp_path / '11.png').write_text('this is no image')
    return tmp_path


def make_dataset(folder: Path, share: float = 0.2, **arguments) -> UnlabeledImages:
    return UnlabeledImages(
        data_root=str(folder),
        pipeline=[dict(type='LoadRGBImage')],
        max_unreadable_share=share,
        **arguments,
    )


def test_skipped_counted_and_logged_once(folder: Path, logged: list[str]) -> None:
    dataset = make_dataset(folder)
    assert dataset.num_unreadable == 0
    for _ in range(3):
        for idx in range(12):
            taken = Path(dataset[idx]['img_path']).name
            assert taken not in ('03.jpg', '11.png')
            assert taken == f'{idx:02}.jpg' or idx in (3, 11)
    bad = [str(folder / '03.jpg'), str(folder / '11.png')]
    assert dataset.num_unreadable == 2
    assert dataset.unreadable_images() == bad
    assert len(logged) == 2
    assert bad[0] in logged[0] and '1 of the first 4' in logged[0]
    assert bad[1] in logged[1] and '2 of the first 12' in logged[1]


def test_names_in_the_log_can_be_printed(
    tmp_path: Path, write_images: Callable, logged: list[str]
) -> None:
    write_images('good.jpg')
    bad = os.fsdecode(os.fsencode(tmp_path) + b'/\xff\n.jpg')
    Path(bad).touch()
    dataset = make_dataset(tmp_path, share=0.5)
    for idx in range(2):
        assert dataset[idx]['img'].shape == (40, 60, 3)
    assert dataset.unreadable_images() == [bad]
    (message,) = logged
    assert message.isprintable() and r'\udcff\n.jpg' in message
    with pytest.raises(TooManyUnreadableImages) as caught:
        dataset = make_dataset(tmp_path, share=0)
        for idx in range(2):
            dataset[idx]
    assert str(caught.value).isprintable()


def chi_square(counts: Counter[str], expected: float) -> float:
    return sum((count - expected) ** 2 / expected for count in counts.values())


# 9 degrees of freedom. By chance one seed of a thousand exceeds it; this one does not.
BOUND = 27.9


@pytest.mark.parametrize('seed_of_each_sample', [False, True])
def test_every_good_image_replaces_a_bad_one_equally_often(
    tmp_path: Path, write_images: Callable, seed_of_each_sample: bool
) -> None:
    """Drawn from one generator, or from one that is seeded for each sample."""
    write_images(*(f'{i:02}.bmp' for i in range(12)), size=(4, 4))
    for bad in ('03.bmp', '04.bmp'):  # beside each other
        (tmp_path / bad).write_bytes(b'')
    dataset = make_dataset(tmp_path)
    counts, draws = Counter(), 2000
    torch.manual_seed(0)
    for draw in range(draws):
        if seed_of_each_sample:
            torch.default_generator.manual_seed(draw)
        counts[Path(dataset[3 + draw % 2]['img_path']).name] += 1
    assert len(counts) == 10
    assert chi_square(counts, draws / 10) < BOUND


def test_every_good_image_is_in_an_epoch_equally_often(
    tmp_path: Path, write_images: Callable
) -> None:
    """12/10 times on average, at least once."""
    write_images(*(f'{i:02}.bmp' for i in range(12)), size=(4, 4))
    for bad in ('00.bmp', '11.bmp'):
        (tmp_path / bad).write_bytes(b'')
    loader = DataLoader(
        make_dataset(tmp_path), shuffle=True, batch_size=4, collate_fn=list
    )
    counts, epochs = Counter(), 400
    torch.manual_seed(0)
    for _ in range(epochs):
        epoch = [Path(item['img_path']).name for batch in loader for item in batch]
        assert len(epoch) == 12 and len(set(epoch)) == 10
        counts.update(epoch)
    replacements = Counter({name: count - epochs for name, count in counts.items()})
    assert replacements.total() == 2 * epochs
    assert chi_square(replacements, 2 * epochs / 10) < BOUND


def test_negative_index(folder: Path) -> None:
    dataset = make_dataset(folder)
    dataset[-1]
    assert dataset.unreadable_images() == [str(folder / '11.png')]


def test_the_same_seed_selects_the_same_image(folder: Path) -> None:
    dataset = make_dataset(folder)

    def replacements(seed: int) -> list[str]:
        torch.manual_seed(seed)
        return [dataset[3]['img_path'] for _ in range(8)]

    assert replacements(0) == replacements(0)
    assert replacements(0) != replacements(1)
    assert len(set(replacements(0))) > 1


def test_too_many_stops(folder: Path) -> None:
    dataset = make_dataset(folder, share=0.05)  # one of twelve
    with pytest.raises(TooManyUnreadableImages) as caught:
        for idx in range(12):
            dataset[idx]
    message = str(caught.value)
    assert '2 of the first' in message and 'max_unreadable_share=0.05' in message
    assert '11.png' in message and '\n' not in message


def test_no_tolerance(folder: Path) -> None:
    with pytest.raises(TooManyUnreadableImages, match=r'03\.jpg'):
        make_dataset(folder, share=0.0)[3]


@pytest.mark.parametrize('count', [1, 2, 7])
@pytest.mark.parametrize('share', [0.01, 1.0])
def test_nothing_readable_stops(tmp_path: Path, count: int, share: float) -> None:
    for i in range(count):
        (tmp_path / f'{i}.jpg').write_bytes(b'')
    with pytest.raises(TooManyUnreadableImages):
        make_dataset(tmp_path, share)[0]


def test_large_set_of_unreadable_images_stops_soon(tmp_path: Path) -> None:
    for i in range(2000):
        (tmp_path / f'{i}.jpg').write_bytes(b'')
    dataset = make_dataset(tmp_path, 0.01)
    with pytest.raises(TooManyUnreadableImages):
        dataset[0]
    assert dataset.num_unreadable == 11


def test_repaired_file_is_not_counted(folder: Path, write_images: Callable) -> None:
    dataset = make_dataset(folder)
    dataset[3]
    assert dataset.num_unreadable == 1
    write_images('03.jpg')
    dataset[3]
    assert dataset.num_unreadable == 0


def test_test_mode_replaces_nothing(folder: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r'03\.jpg'):
        make_dataset(folder, test_mode=True)[3]


@pytest.mark.parametrize(
    ('context', 'num_workers', 'persistent'),
    [
        ('fork', 2, True),
        ('fork', 2, False),
        # One worker only: each imports everything anew.
        ('spawn', 1, True),
    ],
)
def test_workers_count_together(
    folder: Path, context: str, num_workers: int, persistent: bool
) -> None:
    dataset = make_dataset(folder)
    loader = DataLoader(
        dataset,
        batch_size=3,
        num_workers=num_workers,
        collate_fn=list,
        multiprocessing_context=context,
        persistent_workers=persistent,
    )
    for _ in range(3):
        paths = [Path(item['img_path']).name for batch in loader for item in batch]
        assert len(paths) == 12
        assert not {'03.jpg', '11.png'} & set(paths)
    assert dataset.num_unreadable == 2
    assert dataset.record.num_seen == 12


@pytest.mark.parametrize('num_workers', [0, 2])
def test_loader_stops(tmp_path: Path, num_workers: int) -> None:
    for i in range(8):
        (tmp_path / f'{i}.jpg').write_bytes(b'')
    loader = DataLoader(
        make_dataset(tmp_path),
        batch_size=2,
        num_workers=num_workers,
        collate_fn=list,
    )
    with pytest.raises(TooManyUnreadableImages):
        list(loader)
