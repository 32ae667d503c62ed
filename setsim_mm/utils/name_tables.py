"""Two-way tables of names: those of MMPretrain's backbones and another library's."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from torch import Tensor

INDEX = re.compile(r'\{(?:(\d)\*)?([a-z])(?:\+(\d))?\}')
LAST_WORD = r'(\.\w+)?'


class Conversion(NamedTuple):
    """Two functions that change a tensor without loss, each the other's inverse."""

    to_theirs: Callable[[Tensor], Tensor]
    to_ours: Callable[[Tensor], Tensor]


class Row(NamedTuple):
    """One module or tensor in a :class:`NameTable`.

    ``{i}`` stands for an index. ``{i+1}`` and ``{2*i+1}`` in the other library's name
    are computed from it. A row also matches the tensors of the module, with one more
    word: ``bn1`` matches ``bn1.weight``.

    Args:
        ours (str): Name in MMPretrain's backbone.
        theirs (str): Name in the other library.
        convert (Conversion, optional): How the values differ. Defaults to None.
    """

    ours: str
    theirs: str
    convert: Conversion | None = None


@dataclass(frozen=True)
class NameTable:
    """The names of one kind of backbone in another library.

    Args:
        owner (str): Whose names they are, such as ``"timm's ViT"``.
        rows (tuple[Row, ...]): All tensors of the backbone; the first match counts.
        not_backbone (str, optional): Regular expression of names that are no weights
            of the backbone although they begin with the same word. Defaults to None.
        prefix (str): A prefix of all their names. Defaults to none.
        not_stored (str, optional): Regular expression of MMPretrain's tensors that the
            other library computes itself and does not load. Defaults to None.

    Examples:
        >>> table = NameTable('detectron2', (Row('layer{i}.{j}', 'res{i+1}.{j}'),))
        >>> table.theirs('layer1.0.weight'), table.ours('res5.2.weight')
        ('res2.0.weight', 'layer4.2.weight')
        >>> table.theirs('stem.weight') is None
        True
    """

    owner: str
    rows: tuple[Row, ...]
    not_backbone: str | None = None
    prefix: str = ''
    not_stored: str | None = None

    def theirs(self, name: str) -> str | None:
        """Return the other library's name of a tensor, None if it has none."""
        for row in self.rows:
            found = _translate(name, row.ours, row.theirs)
            if found is not None:
                return self.prefix + found
        return None

    def ours(self, name: str) -> str | None:
        """Return MMPretrain's name of the other library's tensor, None without one."""
        name = name.removeprefix(self.prefix)
        for row in self.rows:
            found = _translate(name, row.theirs, row.ours)
            if found is not None:
                return found
        return None

    def to_theirs(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return a backbone's weights as the other library stores them.

        Args:
            weights (Mapping[str, Tensor]): Weights by MMPretrain's names, all of which
                the table has.
        """
        return {
            self.theirs(name): self.value_to_theirs(name, value)
            for name, value in weights.items()
            if self.not_stored is None or not re.search(self.not_stored, name)
        }

    def value_to_theirs(self, ours: str, value: Tensor) -> Tensor:
        """Return a tensor as the other library stores it.

        Args:
            ours (str): Its name in MMPretrain's backbone.
            value (Tensor): Any shape.
        """
        convert = self._conversion(ours)
        return value if convert is None else convert.to_theirs(value)

    def value_to_ours(self, ours: str, value: Tensor) -> Tensor:
        """Return a tensor as MMPretrain stores it; unchanged if its shape is wrong."""
        convert = self._conversion(ours)
        if convert is None:
            return value
        try:
            return convert.to_ours(value)
        except (RuntimeError, IndexError):  # no tensor of this name has such a shape
            return value

    def _conversion(self, ours: str) -> Conversion | None:
        for row in self.rows:
            if _translate(ours, row.ours, row.theirs) is not None:
                return row.convert
        return None


def _translate(name: str, source: str, target: str) -> str | None:
    pattern, indices = _compiled(source)
    match = pattern.fullmatch(name)
    if match is None:
        return None
    *numbers, last_word = match.groups()
    values = {}
    for (factor, letter, offset), number in zip(indices, numbers, strict=True):
        values[letter], rest = divmod(int(number) - offset, factor)
        if rest or values[letter] < 0:
            return None
    filled = INDEX.sub(lambda m: str(_number(m, values)), target)
    return filled + (last_word or '')


def _number(match: re.Match, values: dict[str, int]) -> int:
    factor, letter, offset = _parts(match)
    return factor * values[letter] + offset


def _parts(match: re.Match) -> tuple[int, str, int]:
    factor, letter, offset = match.groups()
    return int(factor or 1), letter, int(offset or 0)


@cache
def _compiled(template: str) -> tuple[re.Pattern, tuple[tuple[int, str, int], ...]]:
    """Return a pattern with one group for each index, and the indices."""
    indices = tuple(map(_parts, INDEX.finditer(template)))
    # The parts between the matches; the three groups of INDEX are in between.
    texts = map(re.escape, INDEX.split(template)[::4])
    return re.compile(r'(\d+)'.join(texts) + LAST_WORD), indices
