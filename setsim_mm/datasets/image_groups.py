"""Groups of images that show the same, from a text file."""

import os
from typing import Any

from setsim_mm.utils.errors import UserError


def read_image_groups(path: str | os.PathLike, dataset: Any) -> list[list[int]]:
    """Read groups of images of a data set.

    Args:
        path (str | os.PathLike): Text file. A line has the paths of the images of a
            group, separated by tabs, absolute or relative to the folder of the images.
        dataset (Any): A data set of mmengine with ``img_path`` and ``data_prefix``.

    Returns:
        list[list[int]]: The indices of each group.

    Raises:
        UserError: If the file cannot be read, or names an image that is not in the data
            set or is not unique.

    Examples:
        >>> groups = read_image_groups('copies.txt', dataset)  # a.jpg<TAB>b/a.jpg
    """
    try:
        with open(path, encoding='utf-8') as file:
            lines = [line.rstrip('\n').split('\t') for line in file if line.strip()]
    except (OSError, ValueError) as error:
        raise UserError(
            f'the file of copies {os.fspath(path)!r} cannot be read ({error}): correct '
            'copies in QKPhaseHook.'
        ) from error
    root = dataset.data_prefix.get('img_path', '')
    indices: dict[str, int] = {}
    for index in range(len(dataset)):
        image = dataset.get_data_info(index)['img_path']
        indices[image] = indices[os.path.relpath(image, root)] = index
    unknown = [name for line in lines for name in line if name not in indices]
    if unknown:
        raise UserError(
            f'{os.fspath(path)!r} names {len(unknown)} images that are not in the '
            f'training data, such as {unknown[0]!r}: write paths relative to {root!r}, '
            'or absolute ones.'
        )
    return [[indices[name] for name in line] for line in lines]
