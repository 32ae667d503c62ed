"""Figures without pyplot, for notebooks and for mmengine's visualizers."""

from io import BytesIO

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

NOTEBOOK_DPI = 80


class NotebookFigure(Figure):
    """A figure that a notebook shows as it is, without pyplot and its magic."""

    def _repr_png_(self) -> bytes:
        """Give the picture as IPython asks for it."""
        buffer = BytesIO()
        self.savefig(buffer, format='png', dpi=NOTEBOOK_DPI)
        return buffer.getvalue()


def rgb_array(figure: Figure, dpi: int = 100) -> np.ndarray:
    """Give a figure's pixels, as mmengine's visualizers take an image.

    Args:
        figure (Figure): Any.
        dpi (int): Pixels per inch. Defaults to 100.

    Returns:
        np.ndarray: RGB, uint8, (height, width, 3).
    """
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
