"""The names that this and other projects give to the weights of a backbone."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .foreign_tables import READ
from .name_tables import NameTable

# The entries of a file that may hold the weights; the first one with weights counts.
# DINO saves two networks and evaluates the teacher.
ENTRIES = ('state_dict', 'model', 'teacher', 'student')
BACKBONE = 'backbone.'
# The prefixes of the query side's backbone, after DDP's "module.", and the projects
# that use them. Of two that fit equally well the first one counts.
PREFIXES = {
    BACKBONE: 'this project, MMSelfSup, MMPretrain or DINO',
    'encoder_q.0.': "DenseCL, OpenSelfSup or SetSim's authors",
    'encoder_q.': 'MoCo',
    'base_encoder.': 'MoCo-v3',
    'encoder.': 'SimSiam or PixPro',
    '': 'torchvision, timm, SwAV, DINO or an extracted backbone',
}
# MoCo, MoCo-v3, SimSiam and SetSim's authors replace the classifier of the backbone by
# a projector of the same name.
PROJECTORS = ('fc.', 'head.')


def find_prefix(names: Iterable[str]) -> str | None:
    """Return the first of :data:`PREFIXES` that any name has, without a config.

    Args:
        names (Iterable[str]): The names in a file, without the ``module.`` of DDP.

    Returns:
        str | None: None if the names have no prefix that is known.

    Examples:
        >>> find_prefix(['encoder_k.conv1.weight', 'encoder_q.conv1.weight'])
        'encoder_q.'
    """
    names = tuple(names)
    found = (p for p in PREFIXES if p and any(name.startswith(p) for name in names))
    return next(found, None)


@dataclass(frozen=True)
class NamedBackbone:
    """One way to read the names in a checkpoint as those of a backbone.

    Args:
        origin (str): Its description, such as ``'encoder_q.* as in MoCo'``.
        names (dict[str, str]): The names in the file by the names in MMPretrain's
            backbone. A name that the table does not have stands for itself.
        prefix (str): The one of :data:`PREFIXES`.
        table (NameTable, optional): None for MMPretrain's own names.
    """

    origin: str
    names: dict[str, str]
    prefix: str
    table: NameTable | None

    def of_backbone(self, wanted: Iterable[str]) -> dict[str, str]:
        """Return the part of ``names`` that is the backbone or unknown.

        In some projects a classification head or a projector has the same prefix.

        Args:
            wanted (Iterable[str]): The names in MMPretrain's backbone.
        """
        words = {_first(self._theirs(name)) for name in wanted}
        other = self.table.not_backbone if self.table else None
        return {
            ours: name
            for ours, name in self.names.items()
            if _first(name.removeprefix(self.prefix)) in words
            and not (other and re.search(other, name.removeprefix(self.prefix)))
        }

    def _theirs(self, name: str) -> str:
        return (self.table.theirs(name) if self.table else None) or name


def possible_names(names: Iterable[str]) -> Iterator[NamedBackbone]:
    """Yield all known ways to map the names in a checkpoint to those of a backbone.

    Args:
        names (Iterable[str]): The names in the file, without the ``module.`` of DDP.

    Yields:
        NamedBackbone: MMPretrain's names come first.

    Examples:
        >>> ways = {way.origin: way for way in possible_names(['encoder_q.bn1.bias'])}
        >>> ways['encoder_q.* as in MoCo'].names
        {'bn1.bias': 'encoder_q.bn1.bias'}
    """
    names = list(names)
    for prefix, projects in PREFIXES.items():
        inside = [name for name in names if name.startswith(prefix)]
        for table in (None, *READ):
            of_backbone = f', with the names of {table.owner}' if table else ''
            ours = (_ours(name.removeprefix(prefix), table) for name in inside)
            yield NamedBackbone(
                f'{prefix}* as in {projects}{of_backbone}',
                dict(zip(ours, inside, strict=True)),
                prefix,
                table,
            )


def _ours(name: str, table: NameTable | None) -> str:
    return (table.ours(name) if table else None) or name


def _first(name: str) -> str:
    return name.split('.')[0]
