"""Images for pre-training, and the views that are cut from them."""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from .pair_file import ImagePairs, read_pairs, write_pairs
    from .read_record import TooManyUnreadableImages
    from .semantic_positive_pairs import SemanticPositivePairs
    from .transforms import (
        OTHER_IMAGE,
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
    'OTHER_IMAGE',
    'WHOLE_IMAGE',
    'Box',
    'ImagePairs',
    'LoadRGBImage',
    'MultiViewWithBoxes',
    'RGBColorJitter',
    'RGBRandomGaussianBlur',
    'RGBRandomGrayscale',
    'RandomHorizontalFlipWithBox',
    'RandomResizedCropWithBox',
    'SemanticPositivePairs',
    'TooManyUnreadableImages',
    'UnlabeledImages',
    'UnreadableImageError',
    'crop_box',
    'flip_box',
    'load_decoded',
    'load_rgb',
    'read_pairs',
    'write_pairs',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)
