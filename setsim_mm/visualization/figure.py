"""Figures without pyplot, for notebooks and for mmengine's visualizers."""

from io import BytesIO

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

NOTEBOOK_DPI = 80


class NotebookFigure(Figure):
    """Figure that a notebook displays without pyplot."""

    def _repr_png_(self) -> bytes:
        """Return the figure as PNG, for IPython."""
        buffer = BytesIO()
        self.savefig(buffer, format='png', dpi=NOTEBOOK_DPI)
        return buffer.getvalue()


def rgb_array(figure: Figure, dpi: int = 100) -> np.ndarray:
    """Return the pixels of a figure in the format of mmengine's visualizers.

    Args:
        figure (Figure): The figure.
        dpi (int): Pixels per inch. Defaults to 100.

    Returns:
        np.ndarray: RGB image, uint8, (height, width, 3).
    """
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
