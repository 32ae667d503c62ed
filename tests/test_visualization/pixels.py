"""Check the pixels of figures."""

import matplotlib.colors
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def pixels_of(figure: Figure) -> np.ndarray:
    """Draw a figure and return its pixels in RGB, (height, width, 3)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


def shows_color(pixels: np.ndarray, color: str) -> bool:
    """Return whether any pixel has a colour."""
    wanted = np.array(matplotlib.colors.to_rgb(color)) * 255
    return bool((np.abs(pixels - wanted).max(axis=2) < 3).any())
