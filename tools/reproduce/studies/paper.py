"""The paper's figures (arXiv:2107.08712, Tables 1 to 7 and Figure 3).

AP, AP50 and AP75 of Tables 1 to 4 are the 11-point AP of VOC 2007.
"""

from importlib.resources import files

import pandas as pd

LABELS = {'AP_box': 'AP', 'AP50_box': 'AP50', 'AP75_box': 'AP75'}
GAIN = 'AP_box_gain'
DATA_SETS = {'cityscapes': 'Cityscapes', 'voc': 'VOC', 'ade20k': 'ADE20K'}


def paper_figures(table: str) -> pd.DataFrame:
    """Give the figures of a table as the paper prints them.

    Of Figure 3 the paper gives no figure for a single threshold but two differences,
    in its text: their rows are called ``0.1 to 0.7`` and ``0.7 to 0.9``.

    Args:
        table (str): ``'table1'`` to ``'table7'``, or ``'figure3'``.

    Returns:
        pd.DataFrame: A row for each method, a column for each metric, both in the
        paper's order; NaN where the paper gives nothing.

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
    """Write the name of a column for people.

    Args:
        metric (str): A column of :func:`paper_figures`.

    Returns:
        str: What is measured, and of what.

    Examples:
        >>> heading_of('AP50_mask'), heading_of('mIoU_voc')
        ('AP50 mask', 'mIoU VOC')
    """
    measure, of = metric.split('_', 1)
    return f'{measure} {DATA_SETS.get(of, of)}'


def relative_to(figure: str, reference: str) -> pd.Series:
    """Give what the paper's text says about the points of a figure.

    Args:
        figure (str): ``'figure3'``.
        reference (str): The point that the others are compared with.

    Returns:
        pd.Series: AP of each point less that of the reference, by the point's value;
        only for points of which the text says anything.

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
