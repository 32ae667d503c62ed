"""Objects in the JSON files of COCO, read and written."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from setsim_mm.utils.errors import UserError

from .shapes import Shape, mask_of


@dataclass(frozen=True)
class CocoFile:
    """The content of a JSON file of COCO.

    Args:
        categories (list[dict]): In the order of their ids.
        images (list[dict]): In the order of the file.
        shapes (dict[str, tuple[Shape, ...]]): The objects by the name of the image, in
            the order of the file.
    """

    categories: list[dict[str, Any]]
    images: list[dict[str, Any]]
    shapes: dict[str, tuple[Shape, ...]]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the categories, each once."""
        return tuple(dict.fromkeys(item['name'] for item in self.categories))


def read_coco(path: Path) -> CocoFile:
    """Read a JSON file of COCO.

    Args:
        path (Path): The file.

    Raises:
        UserError: If it cannot be read, is another file, or has no image.
    """
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        names = {item['id']: str(item['name']) for item in content['categories']}
        of_image = defaultdict(list)
        for item in content['annotations']:
            if item['category_id'] not in names:
                raise ValueError(f'category {item["category_id"]} has no name')
            of_image[item['image_id']].append(_shape(item, names[item['category_id']]))
        images = content['images']
        if not (images and names):
            raise ValueError('it has no image or no category')
        listed = {item['id']: item['file_name'] for item in images}
        without = sorted(map(str, set(of_image) - set(listed)))
        if without:
            raise ValueError(f'image {without[0]} has objects, but is not listed')
        shapes = {name: tuple(of_image[number]) for number, name in listed.items()}
        categories = sorted(content['categories'], key=lambda item: item['id'])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f'{str(path)!r} is no JSON file of COCO that can be read '
            f'({type(error).__name__}: {error}): correct it.'
        ) from error
    return CocoFile(categories, images, shapes)


def _shape(item: dict[str, Any], name: str) -> Shape:
    left, top, width, height = item['bbox']
    return Shape(
        name,
        (left, top, left + width, top + height),
        item.get('segmentation') or None,
        bool(item.get('iscrowd')),
        item.get('area'),
    )


def coco_json(
    images: Iterable[tuple[str, tuple[int, int], Sequence[Shape]]],
    classes: Sequence[str],
) -> dict[str, Any]:
    """Return boxes and masks in the format of COCO.

    Args:
        images (Iterable): Name, width and height, and objects of each image.
        classes (Sequence[str]): The classes, without the background. The first one has
            the id 1.

    Returns:
        dict[str, Any]: ``images``, ``annotations`` and ``categories``.
    """
    numbers = {name: number for number, name in enumerate(classes, 1)}
    listed, annotations = [], []
    for number, (name, size, shapes) in enumerate(images, 1):
        listed.append(dict(id=number, file_name=name, width=size[0], height=size[1]))
        for shape in shapes:
            left, top, right, bottom = shape.box
            masked = shape.segmentation is not None
            area = int(mask_of(shape, size).sum()) if masked else shape.area
            annotations.append(
                dict(
                    id=len(annotations) + 1,
                    image_id=number,
                    category_id=numbers[shape.name],
                    bbox=[left, top, right - left, bottom - top],
                    area=area,
                    iscrowd=int(shape.crowd),
                    **(dict(segmentation=shape.segmentation) if masked else {}),
                )
            )
    categories = [dict(id=number, name=name) for name, number in numbers.items()]
    return dict(images=listed, annotations=annotations, categories=categories)
