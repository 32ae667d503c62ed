"""Folders of four kinds become configs, and wrong ones a sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
from mmengine.registry import DATASETS, DefaultScope
from PIL import Image

from setsim_mm.transfer.classes import require_classes
from setsim_mm.transfer.finetuning import load_finetuning_config
from tests.test_tools.test_reproduce.test_worth.data import write_coco, write_image

from .test_own_data.folders import SIZE, write_segnet, write_voc, write_yolo

TOOL = 'tools/datasets/convert.py'


@pytest.fixture
def convert(in_this_process, tmp_path):
    """Convert a folder; return the config and what was printed."""

    def call(folder: Path, *options: object) -> tuple:
        status, output, errors = in_this_process(
            TOOL, folder, '--out', tmp_path / 'out', *options
        )
        assert status == 0, errors
        (path,) = (tmp_path / 'out').glob('*.py')
        assert output.splitlines()[-1].startswith('Config: ')
        assert path.name in output.splitlines()[-1]
        cfg = load_finetuning_config(str(path))
        require_classes(cfg)
        return cfg, output

    return call


@pytest.fixture
def error(in_this_process, tmp_path):
    """Convert a folder that is wrong; return the sentence."""

    def call(folder: Path, *options: object) -> str:
        status, _, errors = in_this_process(
            TOOL, folder, '--out', tmp_path / 'out', *options
        )
        assert status == 1 and len(errors.splitlines()) == 1, errors
        return errors

    return call


def built(cfg, part: str = 'train'):
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        return DATASETS.build(cfg[f'{part}_dataloader'].dataset)


def names(out: Path, part: str) -> list[str]:
    content = json.loads((out / f'{part}.json').read_text())
    return [image['file_name'] for image in content['images']]


def test_voc(convert, tmp_path):
    root = write_voc(tmp_path / 'my data')
    cfg, output = convert(root)
    assert cfg.classes == ('cat', 'dog') and '4 images for training and 1' in output
    train = built(cfg)
    sample = train[0]['data_samples']  # at a random size
    boxes = sample.gt_instances
    assert len(train) == 4 and len(boxes) == 1
    # xmin 3 and xmax 40 are the third and the 40th pixel, at the size of training.
    scale = sample.img_shape[1] / SIZE[0]
    width = boxes.bboxes.tensor[0, 2] - boxes.bboxes.tensor[0, 0]
    assert width.item() == pytest.approx(38 * scale, rel=1e-3)
    before = names(tmp_path / 'out', 'val')
    convert(root)  # the same again
    assert names(tmp_path / 'out', 'val') == before


def test_lists_are_the_split(convert, tmp_path):
    root = write_voc(tmp_path / 'voc')
    sets = root / 'ImageSets' / 'Main'
    sets.mkdir(parents=True)
    for part, lines in dict(train='0\n3\n', val='2\n4\n', cat_train='1 1\n').items():
        (sets / f'{part}.txt').write_text(lines)
    convert(root)
    assert names(tmp_path / 'out', 'train') == ['JPEGImages/0.jpg', 'JPEGImages/3.jpg']
    assert names(tmp_path / 'out', 'val') == ['JPEGImages/2.jpg', 'JPEGImages/4.jpg']


def test_yolo_boxes_in_parts_of_equal_names(convert, tmp_path):
    cfg, _ = convert(write_yolo(tmp_path / 'yolo'))
    assert cfg.classes == ('cat', 'dog') and 'mask_head' not in cfg.model.roi_head
    assert names(tmp_path / 'out', 'val') == [f'images/val/{n}.jpg' for n in range(3)]
    content = json.loads((tmp_path / 'out' / 'train.json').read_text())
    assert content['annotations'][0]['bbox'] == [16, 12, 32, 24]
    assert content['annotations'][0]['category_id'] == 2


def test_yolo_polygons_give_masks(convert, tmp_path):
    cfg, _ = convert(write_yolo(tmp_path / 'yolo', '0 .25 .25 .75 .25 .75 .75 .25 .75'))
    sample = built(cfg)[0]
    masks = sample['data_samples'].gt_instances.masks
    shape = sample['data_samples'].img_shape
    area = masks.areas[0] / (shape[0] * shape[1])
    assert area == pytest.approx(0.25, abs=0.01)
    assert cfg.val_evaluator.metric == ['bbox', 'segm']


def test_coco_with_run_lengths(convert, tmp_path):
    """Crowds stay crowds, and masks of run lengths are read."""
    root = write_coco(tmp_path / 'coco')
    file = root / 'labels.json'
    content = json.loads(file.read_text())
    del content['annotations'][0]  # of a box only
    content['annotations'][0]['segmentation'] = dict(size=[6, 8], counts=[0, 24, 24])
    file.write_text(json.dumps(content))
    for part, lines in dict(train='1.png\n2.png', val='0.png').items():
        (root / f'{part}.txt').write_text(lines)
    cfg, _ = convert(root)
    assert cfg.classes == ('cat', 'ant')
    (sample,) = built(cfg)
    assert sample['data_samples'].gt_instances.masks.masks.any()
    assert len(sample['data_samples'].ignored_instances) == 1


def test_camvid_as_downloaded(convert, tmp_path):
    cfg, output = convert(write_segnet(tmp_path / 'CamVid'))
    assert len(cfg.classes) == 11 and cfg.classes[0] == 'Sky' and cfg.ignored == 11
    assert '3 images of test are left out' in output
    train, val = built(cfg), built(cfg, 'val')
    assert len(train) == len(val) == 3 and tuple(cfg.scale) == SIZE
    labels = val[1]['data_samples'].gt_sem_seg.data
    assert np.unique(labels).tolist() == [1, 11]
    assert cfg.model.decode_head.ignore_index == 11


def test_label_images_of_another_name_and_size(convert, tmp_path):
    root = tmp_path / 'pixels'
    for n in range(4):
        size = (40 + n, 30)
        write_image(root / 'photos' / f'{n}.jpg', n, size)
        values = np.arange(size[0]) % 2
        label = np.broadcast_to(values, size[::-1]).astype(np.uint8)
        (root / 'masks').mkdir(exist_ok=True)
        Image.fromarray(label).save(root / 'masks' / f'{n}_mask.png')
    (root / 'classes.txt').write_text('road\nsky\n')
    cfg, _ = convert(root)
    assert cfg.classes == ('road', 'sky') and cfg.crop_size == (512, 512)
    labels = built(cfg)[0]['data_samples'].gt_sem_seg.data
    assert set(np.unique(labels)) <= {0, 1, 255}


def test_two_kinds_of_labels(convert, error, tmp_path):
    root = write_voc(tmp_path / 'both')
    for n in range(5):
        text = root / 'JPEGImages' / f'{n}.txt'
        text.write_text('0 .5 .5 .5 .5')
    sentence = error(root)
    assert '--kind voc or yolo' in sentence
    assert convert(root, '--kind', 'voc')[0].classes == ('cat', 'dog')


def test_an_image_without_a_label(convert, error, tmp_path):
    root = write_voc(tmp_path / 'voc')
    (root / 'Annotations' / '3.xml').unlink()
    assert '1 of 5 images' in error(root) and '3.jpg' in error(root)
    convert(root, '--unlabelled', 'empty', '--draw-split')
    out = tmp_path / 'out'
    assert len(names(out, 'train') + names(out, 'val')) == 5


def test_boxes_that_leave_the_image(convert, error, tmp_path):
    root = write_voc(tmp_path / 'voc', box=(3, 2, 80, 30))
    assert '5 boxes' in error(root) and '64x48' in error(root)
    convert(root, '--fix-boxes')
    content = json.loads((tmp_path / 'out' / 'train.json').read_text())
    assert content['annotations'][0]['bbox'] == [2, 1, 62, 29]


def no_image(root):
    for path in root.rglob('*.jpg'):
        path.unlink()


def no_labels(root):
    for path in root.rglob('*.txt'):
        path.unlink()


def no_names(root):
    (root / 'data.yaml').unlink()


def one_name(root):
    (root / 'data.yaml').write_text('names: [cat]')


def no_object(root):
    for path in root.rglob('*.txt'):
        path.write_text('')


def broken_image(root):
    (root / 'images' / 'val' / '1.jpg').write_text('no image')


def mixed(root):
    text = root / 'labels' / 'val' / '1.txt'
    text.write_text('0 .1 .1 .2 .1 .2 .2')


def flat_box(root):
    (root / 'labels' / 'val' / '1.txt').write_text('0 .5 .5 .5 0')


def other_files(root):
    (root.parent / 'out').mkdir(exist_ok=True)
    (root.parent / 'out' / 'mine.txt').write_text('')


@pytest.mark.parametrize(
    ('change', 'fact'),
    [
        (no_image, 'no image'),
        (no_labels, 'no labels'),
        (no_names, 'data.yaml, classes.txt'),
        (one_name, "line 1 of '"),
        (no_object, 'no object'),
        (broken_image, '1.jpg'),
        (mixed, '--boxes'),
        (flat_box, '1 boxes'),
        (other_files, 'holds other files'),
    ],
)
def test_bad_input_is_one_sentence(error, tmp_path, change, fact):
    root = write_yolo(tmp_path / 'yolo')
    change(root)
    assert fact in error(root)


def test_label_images_that_do_not_fit(error, tmp_path):
    root = write_segnet(tmp_path / 'CamVid')
    label = root / 'valannot' / 'val1.png'
    values = np.zeros(SIZE[::-1], dtype=np.uint8)
    values[0] = 40
    Image.fromarray(values).save(label)
    (root / 'classes.txt').write_text('a\nb\nc\nvoid\n')
    assert 'the value 11' in error(root)
    assert 'the value 40' in error(root, '--ignored', 11)
    Image.fromarray(values[:9]).save(label)
    assert 'val1.png' in error(root, '--ignored', 11) and '64x9' in error(root)


def test_a_folder_of_another_conversion(convert, error, tmp_path):
    root = write_voc(tmp_path / 'voc')
    convert(root)
    assert 'another conversion' in error(root, '--seed', 5)


def test_a_damaged_file_is_named_with_its_line(error, tmp_path):
    root = write_coco(tmp_path / 'coco')
    text = (root / 'labels.json').read_text()
    (root / 'labels.json').write_text(text + '}')
    assert 'labels.json' in error(root) and 'line 1' in error(root)
    root = write_voc(tmp_path / 'voc')
    (root / 'Annotations' / '2.xml').write_text('<annotation>\n<object>\n</annotation>')
    assert '2.xml' in error(root) and 'line 3' in error(root)


def test_no_object_for_training(error, tmp_path):
    root = write_yolo(tmp_path / 'yolo')
    for path in (root / 'labels' / 'train').iterdir():
        path.write_text('')
    assert 'for training' in error(root)
