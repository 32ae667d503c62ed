"""Images for pre-training, and the views that are cut from them."""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from .read_record import TooManyUnreadableImages
    from .transforms import (
        WHOLE_IMAGE,
        Box,
        LoadRGBImage,
        MultiViewWithBoxes,
        RandomHorizontalFlipWithBox,
        RandomResizedCropWithBox,
        RGBColorJitter,
        RGBRandomGaussianBlur,
        RGBRandomGrayscale,
        UnreadableImageError,
        crop_box,
        flip_box,
        load_decoded,
        load_rgb,
    )
    from .unlabeled_images import UnlabeledImages

__all__ = [
    'WHOLE_IMAGE',
    'Box',
    'LoadRGBImage',
    'MultiViewWithBoxes',
    'RGBColorJitter',
    'RGBRandomGaussianBlur',
    'RGBRandomGrayscale',
    'RandomHorizontalFlipWithBox',
    'RandomResizedCropWithBox',
    'TooManyUnreadableImages',
    'UnlabeledImages',
    'UnreadableImageError',
    'crop_box',
    'flip_box',
    'load_decoded',
    'load_rgb',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)
