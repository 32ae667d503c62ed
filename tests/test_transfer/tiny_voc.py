"""Six images in the layout of VOC 2007 and 2012, with boxes and masks."""

from pathlib import Path

import numpy as np
from PIL import Image

SIZE = 96
ANNOTATION = """<annotation>
  <size><width>{size}</width><height>{size}</height><depth>3</depth></size>
  <object>
    <name>cat</name><difficult>{difficult}</difficult>
    <bndbox><xmin>{x}</xmin><ymin>{y}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax>
    </bndbox>
  </object>
  <object>
    <name>dog</name><difficult>0</difficult>
    <bndbox><xmin>49</xmin><ymin>49</ymin><xmax>90</xmax><ymax>90</ymax></bndbox>
  </object>
</annotation>
"""
CAT, DOG = 8, 12  # in the masks


def write_tiny_voc(folder: Path) -> Path:
    """Write ``VOCdevkit`` to the data root and return the data root."""
    rng = np.random.default_rng(0)
    for year, lists in (
        (2007, dict(Main=dict(trainval='ab', test='ef'))),
        (
            2012,
            dict(
                Main=dict(trainval='cd'),
                Segmentation=dict(train='ab', aug='cd', val='ef'),
            ),
        ),
    ):
        root = folder / 'VOCdevkit' / f'VOC{year}'
        for name in ('JPEGImages', 'Annotations', 'SegmentationClass'):
            (root / name).mkdir(parents=True)
        (root / 'SegmentationClassAug').mkdir()
        for kind, parts in lists.items():
            (root / 'ImageSets' / kind).mkdir(parents=True)
            for part, names in parts.items():
                lines = '\n'.join(names) + '\n'
                (root / 'ImageSets' / kind / f'{part}.txt').write_text(lines)
        for number, name in enumerate('abcdef'):
            _write_image(root, name, difficult=number % 2, rng=rng)
    return folder


def _write_image(
    root: Path, name: str, difficult: int, rng: np.random.Generator
) -> None:
    pixels = rng.integers(0, 60, (SIZE, SIZE, 3), dtype=np.uint8)
    mask = np.zeros((SIZE, SIZE), np.uint8)
    x, y = (int(value) for value in rng.integers(2, 12, 2))
    right, bottom = x + 30, y + 30
    for (left, top, end, low), colour, label in (
        ((x, y, right, bottom), (220, 40, 40), CAT),
        ((49, 49, 90, 90), (40, 40, 220), DOG),
    ):
        pixels[top - 1 : low, left - 1 : end] = colour
        mask[top - 1 : low, left - 1 : end] = label
    Image.fromarray(pixels).save(root / 'JPEGImages' / f'{name}.jpg')
    for folder in ('SegmentationClass', 'SegmentationClassAug'):
        image = Image.fromarray(mask, mode='P')
        image.putpalette([value for index in range(256) for value in (index,) * 3])
        image.save(root / folder / f'{name}.png')
    (root / 'Annotations' / f'{name}.xml').write_text(
        ANNOTATION.format(
            size=SIZE, difficult=difficult, x=x, y=y, right=right, bottom=bottom
        )
    )
