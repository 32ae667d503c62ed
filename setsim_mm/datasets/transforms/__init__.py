"""Transforms that record where a view was cut.

All transforms draw from torch's random generator. They work on uint8 arrays, HxWx3 in
RGB. Those of ``geometric.py`` and ``photometric.py`` also work on images with any
number of channels and on uint16 and float32 arrays, as :class:`LoadChannels` returns.
"""

from .boxes import OTHER_IMAGE, WHOLE_IMAGE, Box, crop_box, flip_box
from .channel_loading import ChannelsError, LoadChannels, load_channels
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
    'ChannelsError',
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
    'LoadChannels',
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
    'load_channels',
    'load_decoded',
    'load_rgb',
]
