import shutil

import pytest

from setsim_mm.utils import UserError
from toy import make, make_toy_datasets

FOLDERS = {'VOCdevkit', 'coco', 'cityscapes', 'ade', 'imagenet'}


def files_below(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob('*')
        if path.is_file()
    }


@pytest.fixture
def small(tmp_path):
    root = tmp_path / 'data'
    make_toy_datasets(root, num_images=2)
    return root


def test_writes_five_data_sets_and_nothing_else(small):
    assert {path.name for path in small.iterdir()} == FOLDERS


def test_same_seed_gives_the_same_bytes(toy_data, tmp_path):
    make_toy_datasets(tmp_path, toy_data.num_train, toy_data.seed)
    assert files_below(tmp_path) == files_below(toy_data.root)


def test_another_seed_replaces_every_picture(small):
    before = files_below(small)
    make_toy_datasets(small, num_images=2, seed=1)
    after = files_below(small)
    assert after.keys() == before.keys()
    pictures = [name for name in after if name.endswith(('.jpg', '.JPEG'))]
    assert pictures and not any(after[name] == before[name] for name in pictures)


def test_fewer_images_leave_none_of_the_earlier_ones(small):
    make_toy_datasets(small, num_images=4)
    assert len(list(small.glob('coco/train2017/*'))) == 2 * 4  # scenes and people
    make_toy_datasets(small, num_images=2)
    assert len(list(small.glob('coco/train2017/*'))) == 2 * 2


def test_other_data_sets_in_the_same_folder_stay(small):
    mine = small / 'my_photographs' / 'one.jpg'
    mine.parent.mkdir()
    mine.write_bytes(b'mine')
    make_toy_datasets(small, num_images=2)
    assert mine.read_bytes() == b'mine'


@pytest.mark.parametrize('folder', sorted(FOLDERS))
def test_another_data_set_is_not_changed(tmp_path, folder):
    mine = tmp_path / folder / 'train' / 'one.jpg'
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b'mine')
    with pytest.raises(UserError, match=f'{tmp_path}/{folder}'):
        make_toy_datasets(tmp_path, num_images=2)
    assert files_below(tmp_path) == {f'{folder}/train/one.jpg': b'mine'}


@pytest.mark.parametrize('record', ['', '[]', '{}', '{"files": 3}'])
def test_a_file_that_is_no_record_is_an_error(tmp_path, record):
    path = tmp_path / 'coco' / make.RECORD
    path.parent.mkdir()
    path.write_text(record)
    with pytest.raises(UserError, match=f'{tmp_path}/coco'):
        make_toy_datasets(tmp_path)
    assert path.read_text() == record


def test_a_link_to_a_data_set_is_not_changed(tmp_path, small):
    root = tmp_path / 'other'
    root.mkdir()
    (root / 'coco').symlink_to(small / 'coco')
    with pytest.raises(UserError, match=f'{root}/coco'):
        make_toy_datasets(root, num_images=2)
    assert [path.name for path in root.iterdir()] == ['coco']


@pytest.mark.parametrize('name', ['mine.txt', 'val2017/000000000003.jpg'])
def test_another_file_in_toy_data_is_not_changed(small, name):
    (small / 'coco' / name).write_bytes(b'mine')
    before = files_below(small)
    with pytest.raises(UserError, match=name):
        make_toy_datasets(small, num_images=2, seed=1)
    assert files_below(small) == before


def test_incomplete_toy_data_are_replaced(small):
    before = files_below(small)
    shutil.rmtree(small / 'coco' / 'val2017')
    make_toy_datasets(small, num_images=2)
    assert files_below(small) == before


@pytest.mark.parametrize('error', [KeyboardInterrupt, OSError])
def test_a_data_set_is_complete_or_absent(small, monkeypatch, error):
    before = files_below(small)

    def interrupted(folder, *arguments):
        make.write_imagenet(folder, *arguments)
        raise error

    monkeypatch.setitem(make.WRITERS, 'imagenet', interrupted)
    with pytest.raises(error):
        make_toy_datasets(small, num_images=2, seed=1)
    assert files_below(small) == before
    empty = small.parent / 'empty'
    with pytest.raises(error):
        make_toy_datasets(empty, num_images=2)
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize(
    ('arguments', 'facts'),
    [
        (dict(num_images=1), '--images.* 2, not 1'),
        (dict(seed=-1), '--seed.* 0, not -1'),
    ],
)
def test_too_small_numbers_are_errors(tmp_path, arguments, facts):
    with pytest.raises(UserError, match=facts):
        make_toy_datasets(tmp_path, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_data_root_that_is_a_file_is_an_error(tmp_path):
    path = tmp_path / 'file'
    path.touch()
    with pytest.raises(UserError, match=str(path)):
        make_toy_datasets(path)
