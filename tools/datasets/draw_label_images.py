"""Draw label images from COCO's masks, for the probes that read label images.

Class 0 is the background; regions of crowds are 255. Smaller objects are drawn over
larger ones.
"""

import argparse
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from setsim_mm.utils import UserError, add_traceback_option, sentences_for_errors

if TYPE_CHECKING:
    import numpy as np

    from setsim_mm.transfer.labels.coco_json import CocoFile


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('annotations', type=Path, help="JSON file in COCO's format")
    parser.add_argument('images', type=Path, help='folder of its images')
    parser.add_argument(
        'data_root',
        type=Path,
        help='folder to write: images/ and labels/ with train/ and val/, classes.txt',
    )
    parser.add_argument(
        '--supercategories',
        action='store_true',
        help='draw the supercategories of COCO instead of its categories',
    )
    parser.add_argument(
        '--val-every',
        type=int,
        default=2,
        metavar='N',
        help='every N-th image goes to val, in the order of the names (default: 2)',
    )
    add_traceback_option(parser)
    args = parser.parse_args()
    if args.val_every < 2:
        parser.error(f'--val-every must be at least 2, but is {args.val_every}')
    return args


def main() -> None:
    """Draw the label images and print their folder."""
    args = parse_args()
    with sentences_for_errors(args.traceback):
        from setsim_mm.transfer.labels.coco_json import read_coco

        numbers, classes = {}, ['background']
        coco = read_coco(args.annotations)
        for category in coco.categories:
            name = category['name']
            if args.supercategories:
                name = supercategory_of(category)
            if name not in classes:
                classes.append(name)
            numbers[category['name']] = classes.index(name)
        for place, (name, label) in enumerate(label_images(coco, numbers), start=1):
            part = 'train' if place % args.val_every else 'val'
            write(args, part, name, label)
        text = '\n'.join(classes) + '\n'
        (args.data_root / 'classes.txt').write_text(text)
        print(f'{place} label images of {len(classes)} classes: {args.data_root}')


def supercategory_of(category: Mapping[str, Any]) -> str:
    """Return the supercategory, also of a COCO category that does not state it.

    Raises:
        UserError: If it is not known.
    """
    from setsim_mm.transfer.layouts.class_names import COCO_SUPERCATEGORIES

    name = category['name']
    found = category.get('supercategory') or COCO_SUPERCATEGORIES.get(name)
    if found is None:
        raise UserError(
            f'the supercategory of {name!r} is not known: add it to the file, or leave '
            'out --supercategories.'
        )
    return found


def label_images(
    coco: 'CocoFile', numbers: Mapping[str, int]
) -> 'Iterator[tuple[str, np.ndarray]]':
    """Yield the name of each image and its classes, uint8, (height, width)."""
    from setsim_mm.transfer.labels.shapes import draw_label

    for image in sorted(coco.images, key=lambda image: image['file_name']):
        name, size = image['file_name'], (image['width'], image['height'])
        yield name, draw_label(coco.shapes[name], size, numbers)


def write(args: argparse.Namespace, part: str, name: str, label: 'np.ndarray') -> None:
    """Write a label image, and copy its image.

    Raises:
        UserError: If there is no such image.
    """
    from PIL import Image

    source = args.images / name
    if not source.is_file():
        raise UserError(
            f'there is no image {str(source)!r}, which {str(args.annotations)!r} '
            'lists: give the folder of its images.'
        )
    image = args.data_root / 'images' / part / name
    target = (args.data_root / 'labels' / part / name).with_suffix('.png')
    for path in (image, target):
        path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, image)
    Image.fromarray(label).save(target)


if __name__ == '__main__':
    main()
