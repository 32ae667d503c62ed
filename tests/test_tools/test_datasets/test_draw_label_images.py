"""Label images of polygons and crowds, pixel by pixel."""

import json

import numpy as np
import pytest
from PIL import Image

TOOL = 'tools/datasets/draw_label_images.py'


def rectangle(left: int, top: int, right: int, bottom: int) -> list[list[int]]:
    return [[left, top, right, top, right, bottom, left, bottom]]


def annotation(image: int, category: int, *box: int, **more: object) -> dict:
    left, top, right, bottom = box
    area = (right - left) * (bottom - top)
    return dict(
        id=0, image_id=image, category_id=category, area=area, iscrowd=0,
        bbox=[left, top, right - left, bottom - top],
        segmentation=rectangle(*box), **more,
    )  # fmt: skip


@pytest.fixture
def coco(tmp_path):
    """Two images of 8x6: a cat in front of a dog, and a crowd beside a car."""
    crowd = dict(size=[6, 8], counts=[0, 12, 36])  # two columns
    content = dict(
        images=[dict(id=n, file_name=f'{n}.jpg', width=8, height=6) for n in (1, 2)],
        categories=[
            dict(id=7, name='cat', supercategory='animal'),
            dict(id=9, name='dog'),  # of COCO
            dict(id=3, name='car', supercategory='vehicle'),
        ],
        annotations=[
            annotation(1, 7, 2, 2, 4, 4),
            annotation(1, 9, 0, 0, 6, 6),
            annotation(2, 3, 4, 0, 8, 6),
            annotation(2, 3, 0, 0, 2, 6) | dict(iscrowd=1, segmentation=crowd),
        ],
    )
    for number, item in enumerate(content['annotations']):
        item['id'] = number
    for image in content['images']:
        Image.new('RGB', (8, 6)).save(tmp_path / image['file_name'])
    path = tmp_path / 'instances.json'
    path.write_text(json.dumps(content))
    return path


def labels(root, part: str, number: int) -> np.ndarray:
    return np.asarray(Image.open(root / 'labels' / part / f'{number}.png'))


def test_small_objects_are_in_front_and_crowds_are_ignored(
    in_this_process, coco, tmp_path
):
    root = tmp_path / 'out'
    status, output, _ = in_this_process(TOOL, coco, tmp_path, root)

    assert status == 0 and '2 label images of 4 classes' in output
    names = ['background', 'car', 'cat', 'dog']  # by the number of the category
    assert (root / 'classes.txt').read_text().split() == names
    expected = np.zeros((6, 8), dtype=int)
    expected[:, :6] = 3
    expected[2:4, 2:4] = 2
    assert (labels(root, 'train', 1) == expected).all()
    expected[:] = 0
    expected[:, :2] = 255
    expected[:, 4:] = 1
    assert (labels(root, 'val', 2) == expected).all()
    assert (root / 'images/val/2.jpg').read_bytes() == (tmp_path / '2.jpg').read_bytes()


def test_supercategories_are_classes(in_this_process, coco, tmp_path):
    root = tmp_path / 'out'
    in_this_process(TOOL, coco, tmp_path, root, '--supercategories')

    classes = ['background', 'vehicle', 'animal']
    assert (root / 'classes.txt').read_text().split() == classes
    assert set(np.unique(labels(root, 'train', 1))) == {0, 2}


def missing_image(path):
    (path.parent / '2.jpg').unlink()


def no_image(path):
    path.write_text(json.dumps(json.loads(path.read_text()) | dict(images=[])))


def unknown_category(path):
    content = json.loads(path.read_text())
    content['categories'][1]['name'] = 'thing'
    path.write_text(json.dumps(content))


def no_json(path):
    path.write_text('<xml/>')


@pytest.mark.parametrize(
    ('change', 'fact'),
    [
        (unknown_category, "'thing'"),
        (missing_image, '2.jpg'),
        (no_image, 'no image'),
        (no_json, 'JSON file of COCO'),
        (lambda path: path.unlink(), 'instances.json'),
    ],
)
def test_bad_input_is_one_sentence(in_this_process, coco, tmp_path, change, fact):
    change(coco)
    status, _, errors = in_this_process(
        TOOL, coco, tmp_path, tmp_path / 'out', '--supercategories'
    )
    assert status == 1 and fact in errors
    assert len(errors.splitlines()) == 1
