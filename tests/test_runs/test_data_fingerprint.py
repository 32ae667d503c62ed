"""Which changes of a data set its fingerprint shows, and which it does not."""

import shutil

import pytest
from mmengine.dataset import BaseDataset, ConcatDataset, RepeatDataset
from torch.utils.data import Subset

from setsim_mm.datasets import UnlabeledImages
from setsim_mm.datasets.packed import FORMATS, pack_images
from setsim_mm.runs import data_fingerprint, fingerprint_of


def write(folder, sizes):
    for name, size in sizes.items():
        path = folder / 'train' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
    return folder


SIZES = {'n01/a.jpg': 10, 'n01/b c.jpg': 20, 'n02/#1.jpg': 30, 'n02/ü.jpg': 40}


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / 'data', SIZES)


def images(folder, **options):
    return UnlabeledImages(data_root=str(folder), data_prefix='train', **options)


def test_what_is_in_it(folder):
    found = fingerprint_of(images(folder))
    assert found['samples'] == 4 and len(found['names']) == 64
    assert found['sizes'].pop('sha256')
    assert found['sizes'] == dict(images=4, bytes=100)


def test_a_moved_folder_keeps_it(folder, tmp_path):
    before = fingerprint_of(images(folder))
    shutil.move(folder, tmp_path / 'elsewhere' / 'deep')
    assert fingerprint_of(images(tmp_path / 'elsewhere' / 'deep')) == before


@pytest.mark.parametrize('form', FORMATS)
def test_a_packed_folder_keeps_it(form, folder, tmp_path):
    before = fingerprint_of(images(folder))
    packed = tmp_path / 'with #' / 'train'
    packed.parent.mkdir()
    pack_images(str(folder / 'train'), str(packed), form)
    assert fingerprint_of(images(packed.parent)) == before


@pytest.mark.parametrize('change', ['rename', 'remove', 'add', 'order'])
def test_other_names_change_it(change, folder):
    before = fingerprint_of(images(folder))['names']
    listed = list(SIZES)
    if change == 'rename':
        (folder / 'train/n01/a.jpg').rename(folder / 'train/n01/d.jpg')
        listed[0] = 'n01/d.jpg'
    elif change == 'remove':
        listed.pop()
    elif change == 'add':
        write(folder, {'n03/e.jpg': 1})
        listed.append('n03/e.jpg')
    else:
        listed.reverse()
    (folder / 'list.txt').write_text('\n'.join(listed))
    assert fingerprint_of(images(folder, ann_file='list.txt'))['names'] != before


def test_other_sizes_change_it(folder):
    before = fingerprint_of(images(folder))
    write(folder, {'n01/a.jpg': 11})
    after = fingerprint_of(images(folder))
    assert after['names'] == before['names'] and after['sizes'] != before['sizes']


def test_exchanged_sizes_change_it(folder):
    before = fingerprint_of(images(folder))['sizes']
    write(folder, {'n01/a.jpg': 20, 'n01/b c.jpg': 10})
    after = fingerprint_of(images(folder))['sizes']
    assert after['bytes'] == before['bytes'] and after != before


def test_a_missing_file_is_no_error(folder):
    dataset = images(folder)
    (folder / 'train/n01/a.jpg').unlink()
    assert fingerprint_of(dataset)['sizes']['bytes'] == 90


def test_sizes_are_those_of_some_images(folder, monkeypatch):
    monkeypatch.setattr(data_fingerprint, 'MOST_SIZES', 2)
    sizes = fingerprint_of(images(folder))['sizes']
    assert (sizes['images'], sizes['bytes']) == (2, 10 + 30)


@pytest.mark.parametrize('options', [dict(serialize_data=False), dict(lazy_init=True)])
def test_it_does_not_depend_on_how_a_data_set_keeps_its_list(options, folder):
    assert fingerprint_of(images(folder, **options)) == fingerprint_of(images(folder))


class Renamed(UnlabeledImages):
    """Computes the path of an image when it is asked for."""

    def get_data_info(self, idx):
        info = super().get_data_info(idx)
        return dict(info, img_path=info['img_path'] + '.other')


def test_a_data_set_with_paths_of_its_own_is_asked(folder):
    dataset = Renamed(data_root=str(folder), data_prefix='train')
    assert fingerprint_of(dataset)['names'] != fingerprint_of(images(folder))['names']


def test_wrappers_are_seen_through(folder):
    alone = fingerprint_of(images(folder))
    repeated = fingerprint_of(RepeatDataset(images(folder), 3))
    assert repeated == dict(alone, samples=12)
    part = fingerprint_of(Subset(images(folder), [0, 1]))
    assert part == dict(alone, samples=2)
    double = fingerprint_of(ConcatDataset([images(folder), images(folder)]))
    assert double['samples'] == 8 and double['sizes']['bytes'] == 200
    assert double['names'] != alone['names']


class WithoutPaths(BaseDataset):
    def load_data_list(self):
        return [dict(number=1)]


def test_what_is_not_known_is_none():
    assert fingerprint_of(None) is None
    assert fingerprint_of(iter([1])) is None
    unknown = dict(names=None, sizes=None)
    assert fingerprint_of([1, 2]) == dict(unknown, samples=2)
    assert fingerprint_of(WithoutPaths()) == dict(unknown, samples=1)
