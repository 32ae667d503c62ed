"""Pixels of figures, and figures in notebooks."""

from io import BytesIO

import numpy as np
from PIL import Image

from setsim_mm.visualization import rgb_array
from setsim_mm.visualization.figure import NotebookFigure


def red_and_blue() -> NotebookFigure:
    """Red on the left, blue on the right, without margins."""
    figure = NotebookFigure(figsize=(4, 2))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow([[[255, 0, 0], [0, 0, 255]]], aspect='auto')
    axes.axis('off')
    return figure


def assert_is_red_and_blue(pixels: np.ndarray) -> None:
    height, width, _ = pixels.shape
    assert pixels[height // 2, width // 4].tolist() == [255, 0, 0]
    assert pixels[height // 2, width * 3 // 4].tolist() == [0, 0, 255]


def test_pixels_for_a_visualizer() -> None:
    pixels = rgb_array(red_and_blue(), dpi=50)
    assert pixels.dtype == np.uint8 and pixels.flags['C_CONTIGUOUS']
    assert pixels.shape == (100, 200, 3)
    assert_is_red_and_blue(pixels)


def test_picture_for_a_notebook() -> None:
    with Image.open(BytesIO(red_and_blue()._repr_png_())) as picture:
        assert picture.format == 'PNG'
        assert_is_red_and_blue(np.asarray(picture.convert('RGB')))
