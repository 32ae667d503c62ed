"""Views that remember where they were cut.

All transforms work on PIL images in RGB and draw from torch's random generator.
"""

from .boxes import WHOLE_IMAGE, Box, crop_box, flip_box
from .geometric import RandomHorizontalFlipWithBox, RandomResizedCropWithBox
from .loading import LoadRGBImage, UnreadableImageError, load_rgb
from .photometric import PILColorJitter, PILRandomGaussianBlur, PILRandomGrayscale
from .wrappers import MultiViewWithBoxes

__all__ = [
    'WHOLE_IMAGE',
    'Box',
    'LoadRGBImage',
    'MultiViewWithBoxes',
    'PILColorJitter',
    'PILRandomGaussianBlur',
    'PILRandomGrayscale',
    'RandomHorizontalFlipWithBox',
    'RandomResizedCropWithBox',
    'UnreadableImageError',
    'crop_box',
    'flip_box',
    'load_rgb',
]
