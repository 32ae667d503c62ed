"""Images for pre-training: where they come from and how views are cut of them."""

from .read_record import TooManyUnreadableImages
from .transforms import *  # noqa: F403
from .transforms import __all__ as _transforms
from .unlabeled_images import UnlabeledImages

__all__ = ['TooManyUnreadableImages', 'UnlabeledImages', *_transforms]
