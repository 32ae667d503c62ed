"""Files that annotations name must be inside of the data root."""

import json
import os
from pathlib import Path

import pytest

from setsim_mm.transfer.empty_data import build_dataset
from setsim_mm.transfer.named_files import files_of
from setsim_mm.utils import UserError

from .conftest import in_mmseg
from .damage import coco_config, seg_config, voc_config, write_coco, write_images
from .tiny_voc import write_tiny_voc

pytestmark = pytest.mark.usefixtures('scope')


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A data set, and an image outside of it."""
    write_images(tmp_path, ['secret.jpg'])
    return write_coco(tmp_path / 'own')


def name_in_coco(folder: Path, name: str) -> None:
    """Change the file name in the third entry of the annotations."""
    content = json.loads((folder / 'train.json').read_text())
    content['images'][2]['file_name'] = name
    (folder / 'train.json').write_text(json.dumps(content))


@pytest.mark.parametrize('absolute', [False, True])
def test_entries_outside_of_the_data_root_are_errors(absolute, own, tmp_path):
    name = str(tmp_path / 'secret.jpg') if absolute else '../../secret.jpg'
    name_in_coco(own, name)

    with pytest.raises(UserError) as caught:
        build_dataset(coco_config(own))

    assert name in str(caught.value) and str(own / 'train.json') in str(caught.value)
    assert 'allow_paths_outside=True' in str(caught.value)
    dataset = build_dataset(coco_config(own), allow_paths_outside=True)
    (file,) = files_of(dataset, 2)
    assert os.path.samefile(file.path, tmp_path / 'secret.jpg')


@pytest.mark.parametrize(
    'name', ['../images/1.jpg', '{own}/images/1.jpg', './1.jpg', '../1.jpg']
)
def test_entries_inside_of_the_data_root_are_allowed(name, own):
    name_in_coco(own, name.format(own=own))
    assert len(build_dataset(coco_config(own))) == 4


def test_a_folder_with_the_same_prefix_is_outside(own, tmp_path):
    write_images(tmp_path / 'own2', ['1.jpg'])
    name_in_coco(own, '../../own2/1.jpg')
    with pytest.raises(UserError, match='own2'):
        build_dataset(coco_config(own))


def test_folders_that_the_config_names_are_allowed(own, tmp_path):
    (own / 'images').rename(tmp_path / 'elsewhere')
    config = coco_config(own, data_prefix=dict(img='../elsewhere/'))
    assert len(build_dataset(config)) == 4


def test_links_are_followed(own, tmp_path):
    (own / 'images').rename(tmp_path / 'elsewhere')
    (own / 'images').symlink_to(tmp_path / 'elsewhere')
    assert len(build_dataset(coco_config(own))) == 4


def test_lists_of_voc(tmp_path):
    write_tiny_voc(tmp_path / 'in')
    write_tiny_voc(tmp_path / 'out')
    file = tmp_path / 'in/VOCdevkit/VOC2007/ImageSets/Main/trainval.txt'
    out = tmp_path / 'out/VOCdevkit/VOC2007'
    file.write_text('a\n../../../../out/VOCdevkit/VOC2007/JPEGImages/a\n')
    (out / 'Annotations' / 'a.xml').rename(out / 'JPEGImages' / 'a.xml')
    with pytest.raises(UserError, match='JPEGImages/a'):
        build_dataset(voc_config(tmp_path / 'in'))


@in_mmseg
def test_lists_of_mmseg(tmp_path):
    write_tiny_voc(tmp_path / 'in')
    write_tiny_voc(tmp_path / 'out')
    file = tmp_path / 'in/VOCdevkit/VOC2012/ImageSets/Segmentation/train.txt'
    file.write_text('a\n../../../../out/VOCdevkit/VOC2012/JPEGImages/b\n')
    config = seg_config(tmp_path / 'in', ann_file='ImageSets/Segmentation/train.txt')
    with pytest.raises(UserError, match='JPEGImages/b'):
        build_dataset(config)
