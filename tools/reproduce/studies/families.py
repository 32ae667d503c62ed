"""Families of configs: the paper's ablations, and studies of our own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from setsim_mm.utils import UserError

SETSIM = 'setsim_r50_200e_in100.py'
ABLATION = 'ablations/setsim_r50_200e_in100_{}.py'


@dataclass(frozen=True)
class Row:
    """A row of a table, or a point of a curve.

    Args:
        label (str): The name of the row in the paper, by which its figures are found.
        config (str): The config, relative to ``configs/selfsup``. Rows with the same
            config share one run.
    """

    label: str
    config: str

    @property
    def run(self) -> str:
        """The name of the run."""
        return PurePosixPath(self.config).stem


@dataclass(frozen=True)
class Family:
    """Runs that are compared with each other.

    Args:
        name (str): The name on the command line, and in the paper's figures if the
            paper has the family.
        title (str): The title of its table.
        heading (str): The heading of its rows.
        rows (tuple[Row, ...]): The rows.
        alone (bool): Whether it compares matchers, so that there is a variant without
            geometry and without the symmetrised loss. Defaults to False.
        numeric (bool): Whether the rows are points of a curve. Defaults to False.
        reference (str, optional): The row that the others are compared with, seed by
            seed. Defaults to None.
    """

    name: str
    title: str
    heading: str
    rows: tuple[Row, ...]
    alone: bool = False
    numeric: bool = False
    reference: str | None = None


def _ablation(name: str) -> str:
    return ABLATION.format(name)


def _sepp(method: str) -> str:
    return f'sepp/sepp_{method}_r50_200e_in1k.py'


FAMILIES = (
    Family(
        'table1',
        'Table 1: SetSim on two frameworks',
        'method',
        (
            Row('MoCo-v2', 'mocov2_r50_200e_in100.py'),
            Row('MoCo-v2 + SetSim', SETSIM),
            Row('SimSiam', 'simsiam_r50_200e_in100.py'),
            Row('SimSiam + SetSim', 'setsim_simsiam_r50_200e_in100.py'),
        ),
    ),
    Family(
        'table2',
        'Table 2: matching strategies',
        'strategy',
        (
            Row('Random', _ablation('random')),
            Row('Sort', _ablation('sort')),
            Row('Hungarian', _ablation('hungarian')),
            Row('Set2Set', _ablation('set2set')),
            Row('Set2Set-NN', SETSIM),
        ),
        alone=True,
        reference='Set2Set-NN',
    ),
    Family(
        'table3',
        'Table 3: combinations of correspondences',
        'correspondences',
        (
            Row('MoCo-v2', 'mocov2_r50_200e_in100.py'),
            Row('Set', _ablation('set')),
            Row('Geo', _ablation('geo')),
            Row('Set + Geo', _ablation('set-geo')),
            Row('Set + Geo + Sym', SETSIM),
        ),
    ),
    Family(
        'figure3',
        'Figure 3: the threshold δ of the attention',
        'δ',
        tuple(
            Row(f'0.{n}', SETSIM if n == 7 else _ablation(f'delta0{n}'))
            for n in range(1, 10)
        ),
        alone=True,
        numeric=True,
        reference='0.7',
    ),
    # One direction each, so that a step has the same forward and backward passes.
    Family(
        'study',
        'Does SetSim improve dense features?',
        'method',
        (
            Row('MoCo-v2', 'mocov2_r50_200e_in100.py'),
            Row('DenseCL', 'densecl_r50_200e_in100.py'),
            Row('SetSim', _ablation('set-geo')),
            Row('SetSim, symmetric', SETSIM),
        ),
        reference='MoCo-v2',
    ),
    Family(
        'copies',
        'Negatives for copy detection',
        'negatives',
        (
            Row('in the batch', 'copy_detection/in_batch_r50_100e_folder.py'),
            Row('whole bank', 'copy_detection/qk_r50_100e_folder.py'),
        ),
        reference='in the batch',
    ),
    Family(
        'sepp',
        'Semantic positive pairs (SePP-ID)',
        'method',
        (
            Row('MoCo-v2', 'mocov2_r50_200e_in1k.py'),
            Row('MoCo-v2 + SePP', _sepp('mocov2')),
            Row('SimSiam', 'simsiam_r50_200e_in1k.py'),
            Row('SimSiam + SePP', _sepp('simsiam')),
            Row('SetSim', 'setsim_r50_200e_in1k.py'),
            Row('SetSim + SePP', _sepp('setsim')),
        ),
        reference='MoCo-v2',
    ),
)


def family_named(name: str) -> Family:
    """Return a family by its name.

    Args:
        name (str): Such as ``'table2'``.

    Returns:
        Family: The family.

    Raises:
        UserError: If there is no family of this name.
    """
    for family in FAMILIES:
        if family.name == name:
            return family
    raise UserError(
        f'there is no family {name!r}: choose one of '
        f'{", ".join(family.name for family in FAMILIES)}.'
    )


def rows_named(families: Sequence[Family], wanted: Sequence[str] = ()) -> list[Row]:
    """Return rows by their labels or by the names of their runs.

    Args:
        families (Sequence[Family]): The families to choose from.
        wanted (Sequence[str]): Labels or names, in upper or lower case. Defaults to
            all rows.

    Returns:
        list[Row]: In the order of the tables.

    Raises:
        UserError: If no family has such a row.
    """
    rows = [row for family in families for row in family.rows]
    names = [{row.label.lower(), row.run.lower()} for row in rows]
    chosen = {name.lower() for name in wanted}
    for name in wanted:
        if not any(name.lower() in of_row for of_row in names):
            raise UserError(
                f'{" and ".join(family.name for family in families)} has no row '
                f'{name!r}: choose from {", ".join(repr(row.label) for row in rows)}.'
            )
    return [
        row
        for row, of_row in zip(rows, names, strict=True)
        if not chosen or chosen & of_row
    ]
