"""Transforms that record where a view was cut.

All transforms work on uint8 arrays, HxWx3 in RGB, and draw from torch's random
generator.
"""

from .boxes import WHOLE_IMAGE, Box, crop_box, flip_box
from .copy_base import RandomSubset, ResizeWholeImage
from .copy_geometry import RandomAspect, RandomBorder, RandomHeavyCrop, RandomRotation
from .copy_overlays import (
    RandomImageOverlay,
    RandomScreenshot,
    RandomShapeOverlay,
    RandomTextOverlay,
)
from .copy_quality import RandomJPEG, RandomPixelation
from .geometric import RandomHorizontalFlipWithBox, RandomResizedCropWithBox
from .loading import LoadRGBImage, UnreadableImageError, load_decoded, load_rgb
from .photometric import RGBColorJitter, RGBRandomGaussianBlur, RGBRandomGrayscale
from .wrappers import MultiViewWithBoxes

__all__ = [
    'WHOLE_IMAGE',
    'Box',
    'LoadRGBImage',
    'MultiViewWithBoxes',
    'RGBColorJitter',
    'RGBRandomGaussianBlur',
    'RGBRandomGrayscale',
    'RandomAspect',
    'RandomBorder',
    'RandomHeavyCrop',
    'RandomHorizontalFlipWithBox',
    'RandomImageOverlay',
    'RandomJPEG',
    'RandomPixelation',
    'RandomResizedCropWithBox',
    'RandomRotation',
    'RandomScreenshot',
    'RandomShapeOverlay',
    'RandomSubset',
    'RandomTextOverlay',
    'ResizeWholeImage',
    'UnreadableImageError',
    'crop_box',
    'flip_box',
    'load_decoded',
    'load_rgb',
]
