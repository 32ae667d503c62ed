"""Boxes in the XML files of VOC."""

import xml.etree.ElementTree as ET
from pathlib import Path

from setsim_mm.utils.errors import UserError

from .shapes import Shape


def read_xml(path: str | Path) -> tuple[Shape, ...]:
    """Read the boxes of an XML file of VOC, whose pixels count from 1.

    Args:
        path (str | Path): The file.

    Returns:
        tuple[Shape, ...]: The objects, difficult ones included.

    Raises:
        UserError: If it is no such file.
    """
    try:
        return tuple(
            Shape(
                str(item.findtext('name')).strip(),
                _box_of(item),
                difficult=(item.findtext('difficult') or '').strip() == '1',
            )
            for item in ET.parse(path).getroot().iter('object')
        )
    except (ET.ParseError, OSError, TypeError, ValueError) as error:
        raise UserError(
            f"{str(path)!r} is no annotation in VOC's XML ({error}): correct it."
        ) from error


def _box_of(item: ET.Element) -> tuple[float, float, float, float]:
    sides = []
    for side in ('xmin', 'ymin', 'xmax', 'ymax'):
        text = item.findtext(f'bndbox/{side}')
        if text is None:
            raise ValueError(f'the object {item.findtext("name")!r} has no {side}')
        sides.append(float(text))
    left, top, right, bottom = sides
    return left - 1, top - 1, right, bottom
