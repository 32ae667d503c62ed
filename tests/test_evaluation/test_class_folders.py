"""Sampling of images in class folders, and errors for wrong folders."""

from collections import Counter

import pytest

from setsim_mm.evaluation import find_class_folders
from setsim_mm.utils import UserError
from tests.labelled_images import write_class_folders


def test_a_share_of_each_class_is_held_out(tmp_path):
    folders = find_class_folders(write_class_folders(tmp_path), val_share=0.4)
    assert folders.classes == ['blue', 'green', 'red']
    assert Counter(label for _, label in folders.train) == {0: 3, 1: 3, 2: 3}
    assert Counter(label for _, label in folders.val) == {0: 2, 1: 2, 2: 2}
    assert len({path for path, _ in folders.train + folders.val}) == 15
    for path, label in folders.train + folders.val:
        assert f'/train/{folders.classes[label]}/' in path


def test_sample_depends_on_the_seed(tmp_path):
    write_class_folders(tmp_path)
    first, again, other = (find_class_folders(tmp_path, seed=s) for s in (1, 1, 2))
    assert first == again
    assert set(first.val) != set(other.val)


def test_val_folder_is_used(tmp_path):
    write_class_folders(tmp_path, 'train', 3)
    write_class_folders(tmp_path, 'val', 2)
    for path in (tmp_path / 'val' / 'blue').iterdir():
        path.unlink()
    (tmp_path / 'val' / 'blue').rmdir()
    folders = find_class_folders(tmp_path)
    assert len(folders.train) == 9
    # The class indices are those of train; val lacks a class.
    assert Counter(label for _, label in folders.val) == {1: 2, 2: 2}
    assert all(f'/val/{folders.classes[label]}/' in path for path, label in folders.val)


@pytest.mark.parametrize('with_val', [False, True])
def test_numbers_of_images_and_class_balance(tmp_path, with_val):
    write_class_folders(tmp_path, 'train', 5)
    if with_val:
        write_class_folders(tmp_path, 'val', 5)
    folders = find_class_folders(tmp_path, num_train=6, num_val=3)
    assert Counter(label for _, label in folders.train) == {0: 2, 1: 2, 2: 2}
    assert Counter(label for _, label in folders.val) == {0: 1, 1: 1, 2: 1}
    assert not set(folders.train) & set(folders.val)


def no_train(root):
    (root / 'train').rename(root / 'training')


def no_classes(root):
    (root / 'train').rename(root / 'images')
    (root / 'train').mkdir()


def no_image_of_a_class(root):
    (root / 'train' / 'zebra').mkdir()
    (root / 'train' / 'zebra' / 'notes.txt').write_text('nothing yet')


def unknown_class(root):
    write_class_folders(root, 'val', 1)
    (root / 'val' / 'red').rename(root / 'val' / 'purple')


def flat_val(root):
    (root / 'val').mkdir()
    (root / 'val' / '1.JPEG').write_bytes(b'')


@pytest.mark.parametrize(
    ('spoil', 'fact'),
    [
        (no_train, r"no folder '.*/train'.*train/<class>/"),
        (no_classes, "/train' has no class folders"),
        (no_image_of_a_class, "1 of the 4 class folders .*'zebra'"),
        (unknown_class, "1 classes of '.*/val' .*/train'.* 'purple'"),
        (flat_val, "/val' has no class folders"),
    ],
    ids=lambda value: getattr(value, '__name__', ''),
)
def test_error_for_wrong_folders(tmp_path, spoil, fact):
    spoil(write_class_folders(tmp_path))
    with pytest.raises(UserError, match=fact):
        find_class_folders(tmp_path)


@pytest.mark.parametrize(
    'numbers',
    [dict(num_train=99), dict(num_val=2), dict(val_share=1.5), dict(num_train=2)],
)
def test_error_for_impossible_numbers(tmp_path, numbers):
    write_class_folders(tmp_path)
    with pytest.raises(UserError, match='15 images of 3 classes'):
        find_class_folders(tmp_path, **numbers)
