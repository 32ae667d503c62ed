"""Transforms that record where a view was cut.

All transforms work on uint8 arrays, HxWx3 in RGB, and draw from torch's random
generator.
"""

from .boxes import OTHER_IMAGE, WHOLE_IMAGE, Box, crop_box, flip_box
from .copy_base import RandomSubset, ResizeWholeImage
from .copy_geometry import CopyAspect, CopyBorder, CopyHeavyCrop, CopyRotation
from .copy_overlays import (
    CopyImageOverlay,
    CopyScreenshot,
    CopyShapeOverlay,
    CopyTextOverlay,
)
from .copy_quality import CopyJPEG, CopyPixelation
from .geometric import RandomHorizontalFlipWithBox, RandomResizedCropWithBox
from .loading import LoadRGBImage, UnreadableImageError, load_decoded, load_rgb
from .photometric import RGBColorJitter, RGBRandomGaussianBlur, RGBRandomGrayscale
from .wrappers import MultiViewWithBoxes

__all__ = [
    'OTHER_IMAGE',
    'WHOLE_IMAGE',
    'Box',
    'CopyAspect',
    'CopyBorder',
    'CopyHeavyCrop',
    'CopyImageOverlay',
    'CopyJPEG',
    'CopyPixelation',
    'CopyRotation',
    'CopyScreenshot',
    'CopyShapeOverlay',
    'CopyTextOverlay',
    'LoadRGBImage',
    'MultiViewWithBoxes',
    'RGBColorJitter',
    'RGBRandomGaussianBlur',
    'RGBRandomGrayscale',
    'RandomHorizontalFlipWithBox',
    'RandomResizedCropWithBox',
    'RandomSubset',
    'ResizeWholeImage',
    'UnreadableImageError',
    'crop_box',
    'flip_box',
    'load_decoded',
    'load_rgb',
]
