"""Label images of an MMSegmentation config."""

from pathlib import Path

import mmseg  # noqa: F401 - skipped without it
import pytest
from PIL import Image

from setsim_mm.evaluation.mmseg_labels import mmseg_label_images
from setsim_mm.utils import UserError
from tests.labelled_images import camvid_images, write_camvid

CAMVID = (
    Path(__file__).parents[2] / 'configs/benchmarks/mmsegmentation/linear_camvid.py'
)
SIZE = (96, 128)


@pytest.fixture(scope='module')
def camvid(tmp_path_factory):
    return write_camvid(tmp_path_factory.mktemp('mmseg') / 'camvid', number=3)


def config(path, dataset):
    path.write_text(f'train_dataloader = dict(dataset={dataset!r})\n')
    return path


def dataset(root, **changes):
    config = dict(
        type='BaseSegDataset',
        data_root=str(root),
        data_prefix=dict(img_path='images/train', seg_map_path='labels/train'),
        metainfo=dict(classes=tuple('abcd')),
        ignore_index=11,
    )
    return {**config, **changes}


@pytest.mark.parametrize('part', ['train', 'val'])
def test_a_config_gives_what_its_folders_give(camvid, part):
    images, names = mmseg_label_images(CAMVID, part, SIZE, camvid)
    expected = camvid_images(camvid, part)
    assert images.samples == expected.samples
    assert (images.size, images.format) == (expected.size, expected.format)
    assert len(names) == 11 and names[3] == 'Road'


def test_zero_can_be_no_class(camvid, tmp_path):
    # Values 0 and 3 become none and 2; 11 is unlabelled after it has become 10.
    path = config(
        tmp_path / 'a.py', dataset(camvid, reduce_zero_label=True, ignore_index=10)
    )
    images, _ = mmseg_label_images(path, 'train', SIZE)
    assert images.label(0).unique().tolist() == [2, 255]


def test_a_choice_of_classes(tmp_path):
    for folder, mode in (('img', 'RGB'), ('ann', 'L')):
        (tmp_path / folder).mkdir()
        Image.new(mode, (8, 6)).save(tmp_path / folder / 'a.png')
    label = Image.new('L', (8, 6), 1)  # bicycle
    label.paste(15, (0, 0, 4, 6))  # person
    label.save(tmp_path / 'ann' / 'a.png')
    path = config(
        tmp_path / 'b.py',
        dict(
            type='PascalContextDataset59',
            data_root=str(tmp_path),
            data_prefix=dict(img_path='img', seg_map_path='ann'),
            ann_file='list.txt',
            img_suffix='.png',
            metainfo=dict(classes=('bag', 'aeroplane')),
        ),
    )
    (tmp_path / 'list.txt').write_text('a\n')
    images, names = mmseg_label_images(path, 'train', (6, 8))
    assert names == ['bag', 'aeroplane']
    # Value 1 is the first class of the data set, since its zero is no class.
    assert images.label(0)[0].tolist() == [255] * 4 + [1] * 4


def test_wrapped_data_sets_are_joined(camvid, tmp_path):
    other = dataset(
        camvid, data_prefix=dict(img_path='images/val', seg_map_path='labels/val')
    )
    wrapped = dict(
        type='RepeatDataset',
        times=5,
        dataset=dict(type='ConcatDataset', datasets=[dataset(camvid), other]),
    )
    images, _ = mmseg_label_images(config(tmp_path / 'c.py', wrapped), 'train', SIZE)
    parts = [camvid_images(camvid, part).samples for part in ('train', 'val')]
    assert images.samples == parts[0] + parts[1]


def test_data_sets_of_different_classes(camvid, tmp_path):
    both = [dataset(camvid), dataset(camvid, ignore_index=255)]
    wrapped = dict(type='ConcatDataset', datasets=both)
    with pytest.raises(UserError, match='different'):
        mmseg_label_images(config(tmp_path / 'd.py', wrapped), 'train', SIZE)


@pytest.mark.parametrize(
    ('changes', 'sentence'),
    [
        (dict(data_prefix=dict(img_path='no', seg_map_path='no')), 'data root'),
        (dict(ann_file='no.txt'), r'no\.txt'),
        (dict(metainfo=None), 'no classes'),
        (dict(seg_map_suffix='_x.png'), r'3 of the 3 .*_x\.png'),
    ],
)
def test_errors_are_sentences(camvid, tmp_path, changes, sentence):
    path = config(tmp_path / 'e.py', {**dataset(camvid), **changes})
    with pytest.raises(UserError, match=sentence):
        mmseg_label_images(path, 'train', SIZE)


def test_a_config_without_the_part(camvid, tmp_path):
    path = config(tmp_path / 'f.py', dataset(camvid))
    with pytest.raises(UserError, match='val_dataloader'):
        mmseg_label_images(path, 'val', SIZE)
