"""The three sources of images, and errors without images."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from setsim_mm.datasets import UnlabeledImages
from setsim_mm.registry import DATASETS
from setsim_mm.utils import UserError


def names(dataset: UnlabeledImages, root: Path) -> list[str]:
    paths = [dataset.get_data_info(i)['img_path'] for i in range(len(dataset))]
    return [os.path.relpath(path, root) for path in paths]


@pytest.fixture
def imagenet(tmp_path: Path, write_images: Callable) -> Path:
    """ImageNet's layout, with a list in another order."""
    write_images('train/n02/c.JPEG', 'train/n01/b d.JPEG', 'train/n03/a.JPEG')
    (tmp_path / 'meta').mkdir()
    (tmp_path / 'meta/train.txt').write_text(
        'n02/c.JPEG 1\nn03/a.JPEG 2\nn01/b d.JPEG 0\n'
    )
    return tmp_path


def imagenet_cfg(root: Path, **arguments) -> dict:
    return dict(
        type='UnlabeledImages',
        data_root=str(root),
        ann_file='meta/train.txt',
        data_prefix=dict(img_path='train/'),
        **arguments,
    )


def test_imagenet(imagenet: Path) -> None:
    dataset = DATASETS.build(imagenet_cfg(imagenet))
    assert names(dataset, imagenet / 'train') == [
        'n02/c.JPEG',
        'n03/a.JPEG',
        'n01/b d.JPEG',
    ]
    info = dataset.get_data_info(1)
    assert set(info) == {'img_path', 'sample_idx'} and info['sample_idx'] == 1


def test_imagenet_without_annotation_file(imagenet: Path, logged: list[str]) -> None:
    (imagenet / 'meta/train.txt').unlink()
    dataset = DATASETS.build(imagenet_cfg(imagenet, ann_file_required=False))
    assert names(dataset, imagenet / 'train') == [
        'n01/b d.JPEG',
        'n02/c.JPEG',
        'n03/a.JPEG',
    ]
    assert len(logged) == 1 and 'train.txt' in logged[0]


@pytest.mark.parametrize('ann_file', ['meta/train.txt', ''])
def test_some_classes(imagenet: Path, ann_file: str) -> None:
    cfg = imagenet_cfg(imagenet, classes=['n03', 'n01']) | dict(ann_file=ann_file)
    dataset = DATASETS.build(cfg)
    assert sorted(names(dataset, imagenet / 'train')) == ['n01/b d.JPEG', 'n03/a.JPEG']


def test_any_folder(tmp_path: Path, write_images: Callable) -> None:
    write_images('2020/a.JPG', '2020/summer/b.png', 'c.gif')
    for root in (str(tmp_path), str(tmp_path) + '/'):
        dataset = UnlabeledImages(data_root=root)
        assert names(dataset, tmp_path) == ['2020/a.JPG', '2020/summer/b.png', 'c.gif']


def test_home_folder(
    tmp_path: Path, write_images: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images('Pictures/a.jpg')
    monkeypatch.setenv('HOME', str(tmp_path))
    assert names(UnlabeledImages(data_root='~/Pictures'), tmp_path) == [
        'Pictures/a.jpg'
    ]


def test_real_layout(imagenet_sample: Path) -> None:
    listed = DATASETS.build(imagenet_cfg(imagenet_sample))
    found = UnlabeledImages(data_root=str(imagenet_sample))
    assert len(listed) == 250
    assert sorted(names(listed, imagenet_sample)) == names(found, imagenet_sample)


def test_base_dataset_arguments(tmp_path: Path, write_images: Callable) -> None:
    write_images(*(f'{i}.jpg' for i in range(6)))
    assert len(UnlabeledImages(data_root=str(tmp_path), indices=4)) == 4
    lazy = UnlabeledImages(data_root=str(tmp_path), lazy_init=True)
    assert not lazy._fully_initialized
    lazy.full_init()
    plain = UnlabeledImages(data_root=str(tmp_path), serialize_data=False)
    for dataset in (lazy, plain):
        assert len(dataset) == len(dataset.record) == 6
        subset = dataset.get_subset([1, 4, 5])
        assert names(subset, tmp_path) == ['1.jpg', '4.jpg', '5.jpg']
        assert len(subset) == len(subset.record) == 3
        dataset.get_subset_(2)
        assert len(dataset) == len(dataset.record) == 2


def test_pickle(tmp_path: Path, write_images: Callable) -> None:
    write_images('a.jpg', 'b.jpg')
    dataset = UnlabeledImages(
        data_root=str(tmp_path), pipeline=[dict(type='LoadRGBImage')]
    )
    copy = pickle.loads(pickle.dumps(dataset))
    assert names(copy, tmp_path) == ['a.jpg', 'b.jpg']
    assert copy[1]['img'].shape == (40, 60, 3)


def assert_error(words: list[str], **arguments) -> None:
    """Check that the error is one sentence with these words."""
    with pytest.raises(FileNotFoundError) as caught:
        UnlabeledImages(**arguments)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert '\n' not in message


def test_missing_folder(tmp_path: Path) -> None:
    gone = str(tmp_path / 'gone')
    assert_error([gone, 'does not exist', 'data_root'], data_root=gone)


def test_missing_annotation_file(imagenet: Path) -> None:
    assert_error(
        ['gone.txt', 'does not exist', 'ann_file'],
        data_root=str(imagenet),
        ann_file='gone.txt',
        data_prefix='train',
    )


def test_annotation_file_without_images(imagenet: Path) -> None:
    (imagenet / 'meta/train.txt').write_text('\n')
    cfg = imagenet_cfg(imagenet)
    del cfg['type']
    assert_error(['train.txt', 'no image'], **cfg)


def test_annotation_file_with_missing_images(imagenet: Path) -> None:
    assert_error(
        ['train.txt', 'n02/c.JPEG', 'data_prefix'],
        data_root=str(imagenet),
        ann_file='meta/train.txt',
        data_prefix='meta',
    )


def test_no_image_found(tmp_path: Path) -> None:
    assert_error(['no image', 'none', '.jpeg'], data_root=str(tmp_path))
    (tmp_path / 'a.heic').touch()
    (tmp_path / 'notes.txt').touch()
    assert_error(['no image', '.heic, .txt', '.jpeg'], data_root=str(tmp_path))


@pytest.mark.parametrize('ann_file', ['meta/train.txt', ''])
def test_missing_class(imagenet: Path, ann_file: str) -> None:
    assert_error(
        ['2 of the 3 classes', 'n04'],
        data_root=str(imagenet),
        ann_file=ann_file,
        data_prefix='train',
        classes=['n01', 'n05', 'n04'],
    )


@pytest.mark.parametrize('ann_file', ['meta/train.txt', ''])
def test_empty_list_of_classes(imagenet: Path, ann_file: str) -> None:
    assert_error(
        ['no image'],
        data_root=str(imagenet),
        ann_file=ann_file,
        data_prefix='train',
        classes=[],
    )


def test_listed_paths_outside_the_folder(
    imagenet: Path, write_images: Callable
) -> None:
    write_images('elsewhere/x.jpg')
    outside = [str(imagenet / 'elsewhere/x.jpg'), '../elsewhere/x.jpg']
    for path in outside:
        with open(imagenet / 'meta/train.txt', 'a') as file:
            file.write(f'{path} 3\n')
        with pytest.raises(UserError) as caught:
            DATASETS.build(imagenet_cfg(imagenet))
        for word in ('line 4', 'train.txt', outside[0], 'allow_paths_outside'):
            assert word in str(caught.value)
    dataset = DATASETS.build(imagenet_cfg(imagenet, allow_paths_outside=True))
    assert names(dataset, imagenet)[3:] == ['elsewhere/x.jpg'] * 2


def test_a_link_to_another_folder(imagenet: Path, write_images: Callable) -> None:
    write_images('elsewhere/x.jpg')
    (imagenet / 'train/n04').symlink_to(imagenet / 'elsewhere')
    (imagenet / 'meta/train.txt').write_text('n04/x.jpg 3\n')
    dataset = DATASETS.build(imagenet_cfg(imagenet))
    assert names(dataset, imagenet) == ['train/n04/x.jpg']
    found = UnlabeledImages(data_root=str(imagenet), data_prefix='train')
    assert 'train/n04/x.jpg' in names(found, imagenet)


def test_a_listed_fifo_is_an_unreadable_image(imagenet: Path) -> None:
    os.mkfifo(imagenet / 'train/n01/fifo.JPEG')
    with open(imagenet / 'meta/train.txt', 'a') as file:
        file.write('n01/fifo.JPEG 0\n')
    cfg = imagenet_cfg(imagenet, pipeline=[dict(type='LoadRGBImage')])
    dataset = DATASETS.build(cfg | dict(max_unreadable_share=1))
    assert dataset[3]['img'].shape == (40, 60, 3)
    assert dataset.unreadable_images() == [f'{imagenet}/train/n01/fifo.JPEG']


def test_a_fifo_as_annotation_file(imagenet: Path) -> None:
    (imagenet / 'meta/train.txt').unlink()
    os.mkfifo(imagenet / 'meta/train.txt')
    with pytest.raises(FileNotFoundError, match=r'train\.txt'):
        DATASETS.build(imagenet_cfg(imagenet))


def test_wrong_arguments(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='max_unreadable_share'):
        UnlabeledImages(data_root=str(tmp_path), max_unreadable_share=1.5)
    with pytest.raises(TypeError, match='classes'):
        UnlabeledImages(data_root=str(tmp_path), classes='n01')
