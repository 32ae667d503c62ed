"""Pictures of queries and of the references found for them."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from setsim_mm.datasets import load_rgb
from setsim_mm.datasets.copy_images import CopyImages
from setsim_mm.evaluation.copy_detection import QUERY, REFERENCE, SCORE

from .figure import NotebookFigure

RIGHT, WRONG = '#2a7f3f', '#b3261e'
SIDE = 1.6  # inches


def draw_copies(
    images: CopyImages,
    predictions: pd.DataFrame,
    truth: pd.DataFrame,
    queries: int = 6,
    references: int = 4,
) -> Figure:
    """Draw queries and their best predictions; right ones have a green frame.

    The queries are taken at even distances from all that have predictions, from the
    best score of a query to the worst.

    Args:
        images (CopyImages): The images.
        predictions (pd.DataFrame): By descending score; see
            :func:`~setsim_mm.evaluation.copy_predictions.predict_copies`.
        truth (pd.DataFrame): The true pairs.
        queries (int): Number of queries. Defaults to 6.
        references (int): Predictions of each. Defaults to 4.

    Returns:
        Figure: A row for each query.

    Raises:
        ValueError: If there are no predictions.
    """
    if predictions.empty:
        raise ValueError('there are no predictions to draw')
    images.full_init()
    paths = {
        (image['role'], image['image_id']): image['img_path']
        for image in map(images.get_data_info, range(len(images)))
    }
    pairs = set(zip(truth[QUERY], truth[REFERENCE], strict=True))
    ranked = list(dict.fromkeys(predictions[QUERY]))
    number = min(queries, len(ranked))
    chosen = [
        ranked[i * (len(ranked) - 1) // max(1, number - 1)] for i in range(number)
    ]
    figure = NotebookFigure(
        figsize=(SIDE * (references + 1), (SIDE + 0.3) * number),
        dpi=110,
        layout='constrained',
    )
    grid = figure.subplots(number, references + 1, squeeze=False)
    for line, query in zip(grid, chosen, strict=True):
        has_copy = any(query == pair[0] for pair in pairs)
        _draw(line[0], paths['query', query], 'query' if has_copy else 'distractor')
        best = predictions[predictions[QUERY] == query].head(references)
        for axes, reference, score in zip(
            line[1:], best[REFERENCE], best[SCORE], strict=False
        ):
            color = RIGHT if (query, reference) in pairs else WRONG
            _draw(axes, paths['reference', reference], f'{score:.3f}', color)
        for axes in line[len(best) + 1 :]:
            axes.remove()
    return figure


def _draw(axes: Axes, path: str, title: str, color: str | None = None) -> None:
    """Draw an image with a title, in a frame if there is a colour."""
    axes.imshow(load_rgb(path))
    axes.set_title(title, fontsize='small')
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set(visible=color is not None, color=color, linewidth=3)
