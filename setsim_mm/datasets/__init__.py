"""Images for pre-training, and the views that are cut from them."""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from .copy_images import CopyImages
    from .pair_file import ImagePairs, read_pairs, write_pairs
    from .read_record import TooManyUnreadableImages
    from .semantic_positive_pairs import SemanticPositivePairs
    from .transforms import (
        OTHER_IMAGE,
        WHOLE_IMAGE,
        Box,
        ChannelsError,
        CopyAspect,
        CopyBorder,
        CopyHeavyCrop,
        CopyImageOverlay,
        CopyJPEG,
        CopyPixelation,
        CopyRotation,
        CopyScreenshot,
        CopyShapeOverlay,
        CopyTextOverlay,
        LoadChannels,
        LoadRGBImage,
        MultiViewWithBoxes,
        RandomHorizontalFlipWithBox,
        RandomResizedCropWithBox,
        RandomSubset,
        ResizeWholeImage,
        RGBColorJitter,
        RGBRandomGaussianBlur,
        RGBRandomGrayscale,
        UnreadableImageError,
        crop_box,
        flip_box,
        load_channels,
        load_decoded,
        load_rgb,
    )
    from .unlabeled_images import UnlabeledImages

__all__ = [
    'OTHER_IMAGE',
    'WHOLE_IMAGE',
    'Box',
    'ChannelsError',
    'CopyAspect',
    'CopyBorder',
    'CopyHeavyCrop',
    'CopyImageOverlay',
    'CopyImages',
    'CopyJPEG',
    'CopyPixelation',
    'CopyRotation',
    'CopyScreenshot',
    'CopyShapeOverlay',
    'CopyTextOverlay',
    'ImagePairs',
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
    'SemanticPositivePairs',
    'TooManyUnreadableImages',
    'UnlabeledImages',
    'UnreadableImageError',
    'crop_box',
    'flip_box',
    'load_channels',
    'load_decoded',
    'load_rgb',
    'read_pairs',
    'write_pairs',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)
