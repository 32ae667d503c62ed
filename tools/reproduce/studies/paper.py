"""The paper's figures (arXiv:2107.08712, Tables 1 to 7 and Figure 3).

AP, AP50 and AP75 of Tables 1 to 4 are the 11-point AP of VOC 2007.
"""

from importlib.resources import files

import pandas as pd

LABELS = {'AP_box': 'AP', 'AP50_box': 'AP50', 'AP75_box': 'AP75'}
GAIN = 'AP_box_gain'
DATA_SETS = {'cityscapes': 'Cityscapes', 'voc': 'VOC', 'ade20k': 'ADE20K'}


def paper_figures(table: str) -> pd.DataFrame:
    """Return the figures of a table as the paper prints them.

    For Figure 3 the paper has no figures of single thresholds. Its text has two
    differences, with the rows ``0.1 to 0.7`` and ``0.7 to 0.9``.

    Args:
        table (str): ``'table1'`` to ``'table7'``, or ``'figure3'``.

    Returns:
        pd.DataFrame: A row for each method, a column for each metric, both in the
        paper's order; NaN where the paper has no value.

    Examples:
        >>> paper_figures('table2').loc['Set2Set-NN', 'AP75_box']
        62.0
    """
    source = files(__package__) / 'paper_figures.csv'
    with source.open(encoding='utf-8') as file:
        figures = pd.read_csv(file, dtype={'row': str})
    figures = figures[figures['table'] == table]
    wide = figures.pivot(index='row', columns='metric', values='value')
    wide.columns.name = wide.index.name = None
    return wide.loc[figures['row'].unique(), figures['metric'].unique()]


def heading_of(metric: str) -> str:
    """Return the heading of a column.

    Args:
        metric (str): A column of :func:`paper_figures`.

    Returns:
        str: The measure, and what it is measured on.

    Examples:
        >>> heading_of('AP50_mask'), heading_of('mIoU_voc')
        ('AP50 mask', 'mIoU VOC')
    """
    measure, of = metric.split('_', 1)
    return f'{measure} {DATA_SETS.get(of, of)}'


def relative_to(figure: str, reference: str) -> pd.Series:
    """Return the differences between points of a figure that the paper's text gives.

    Args:
        figure (str): ``'figure3'``.
        reference (str): The point that the others are compared with.

    Returns:
        pd.Series: AP of each point minus that of the reference, by the point's value,
        for the points in the text.

    Examples:
        >>> relative_to('figure3', '0.7').to_dict()
        {0.1: -1.13, 0.7: 0.0, 0.9: -0.35}
    """
    relative = {float(reference): 0.0}
    for row, gain in paper_figures(figure)[GAIN].items():
        begin, end = row.split(' to ')
        relative[float(end if begin == reference else begin)] = (
            gain if begin == reference else -gain
        )
    return pd.Series(relative).sort_index()
