"""The meaning of the values in label images."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from setsim_mm.utils.errors import UserError

# The class of pixels without one, whatever their value in the label image.
IGNORED = 255
UNKNOWN = -1


@dataclass(frozen=True)
class LabelFormat:
    """The meaning of the values in label images.

    Args:
        num_classes (int): Classes are 0 to ``num_classes - 1``.
        ignored (int): Value of pixels without a class. Defaults to 255.
        reduce_zero_label (bool): Whether 0 is no class and 1 is class 0, as in MMSeg.
            Defaults to False.
        label_map (Mapping[int, int], optional): Classes by the value, after
            ``reduce_zero_label``, as in MMSeg; 255 for none. Defaults to None.
    """

    num_classes: int
    ignored: int = IGNORED
    reduce_zero_label: bool = False
    label_map: Mapping[int, int] | None = None

    def table(self) -> np.ndarray:
        """Return the class of each value, ``IGNORED`` or ``UNKNOWN``, (256,).

        Examples:
            >>> table = LabelFormat(2, reduce_zero_label=True).table()
            >>> table[[0, 1, 2, 3, 255]].tolist()
            [255, 0, 1, -1, 255]
        """
        values = np.arange(256)
        if self.reduce_zero_label:
            values = np.where(values % 255 == 0, IGNORED, values - 1)
        mapped = values.copy()
        for old, new in (self.label_map or {}).items():
            mapped[values == old] = new
        none = mapped == self.ignored
        if self.reduce_zero_label or self.label_map:
            none |= mapped == IGNORED
        classes = np.where(mapped < self.num_classes, mapped, UNKNOWN)
        return np.where(none, IGNORED, classes)

    def load(self, path: str) -> np.ndarray:
        """Load the class of each pixel.

        Args:
            path (str): A PNG with one channel, or with a palette.

        Returns:
            np.ndarray: uint8, (height, width); ``IGNORED`` for pixels without a class.

        Raises:
            UserError: If it cannot be read, has several channels or holds a value
                without a meaning.
        """
        try:
            with Image.open(path) as image:
                label = np.asarray(image)
        except (OSError, SyntaxError, ValueError) as error:
            raise UserError(
                f'the label image {path!r} cannot be read ({error}): replace it.'
            ) from error
        if label.ndim != 2 or label.dtype not in (np.uint8, np.bool_):
            raise UserError(
                f'the label image {path!r} has shape {label.shape} and type '
                f'{label.dtype}: save the number of the class in one 8-bit channel.'
            )
        label, table = label.astype(np.uint8), self.table()
        present = np.bincount(label.ravel(), minlength=256) > 0
        unknown = np.flatnonzero(present & (table == UNKNOWN)).tolist()
        if unknown:
            raise UserError(
                f'the label image {path!r} holds the values {unknown[:5]}, but there '
                f'are {self.num_classes} classes, and {self.ignored} for none: correct '
                'the number of classes or the value of pixels without a class.'
            )
        return table.astype(np.uint8)[label]
