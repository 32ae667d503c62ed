"""Geometric transforms that update the box of the view."""

from collections.abc import Sequence

import torch
from mmcv.transforms import BaseTransform
from torchvision.transforms import RandomResizedCrop

from setsim_mm.host import TRANSFORMS

from . import functional as F
from .boxes import crop_box, flip_box


@TRANSFORMS.register_module()
class RandomResizedCropWithBox(BaseTransform):
    """Crop a random part of the image, resize it, and update the box.

    torchvision's ``RandomResizedCrop`` draws the crop: with the same state of torch's
    generator both draw the same one.

    Required Keys:

    - img (uint8, uint16 or float32 array, HxWxC)
    - box

    Modified Keys:

    - img
    - box

    Args:
        size: Side, or height and width, of the result in pixels.
        scale: Minimum and maximum area of the crop, as a share of the image's area.
        ratio: Minimum and maximum width / height of the crop.
        interpolation: 'bilinear' or 'bicubic', with antialiasing.

    Raises:
        ValueError: If a range or the interpolation is not valid.

    Examples:
        >>> crop = RandomResizedCropWithBox(size=224, scale=(0.2, 1.0))
        >>> results = crop(dict(img=image, box=(0.0, 0.0, 1.0, 1.0)))
        >>> results['img'].shape
        (224, 224, 3)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3 / 4, 4 / 3),
        interpolation: str = 'bilinear',
    ) -> None:
        if not 0 < scale[0] <= scale[1] <= 1:
            raise ValueError(f'scale must be (min, max) within (0, 1], not {scale}')
        if not 0 < ratio[0] <= ratio[1]:
            raise ValueError(f'ratio must be (min, max) above 0, not {ratio}')
        if interpolation not in ('bilinear', 'bicubic'):
            raise ValueError(
                f"interpolation must be 'bilinear' or 'bicubic', not {interpolation!r}"
            )
        self.crop = RandomResizedCrop(size, tuple(scale), tuple(ratio))
        self.interpolation = interpolation

    def transform(self, results: dict) -> dict:
        """Crop and resize ``results['img']`` and update ``results['box']``."""
        image, crop = results['img'], self.crop
        # torchvision only reads the size of the image.
        channels_first = torch.from_numpy(image).permute(2, 0, 1)
        top, left, height, width = crop.get_params(
            channels_first, crop.scale, crop.ratio
        )
        results['img'] = F.resized_crop(
            image, top, left, height, width, crop.size, self.interpolation
        )
        image_height, image_width = image.shape[:2]
        results['box'] = crop_box(
            results['box'], (left, top, width, height), (image_width, image_height)
        )
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(size={self.crop.size}, scale={self.crop.scale}, '
            f'ratio={self.crop.ratio}, '
            f'interpolation={self.interpolation!r})'
        )


@TRANSFORMS.register_module()
class RandomHorizontalFlipWithBox(BaseTransform):
    """Flip the image horizontally with a probability; swap x1 and x2 of the box.

    Required Keys:

    - img (uint8, uint16 or float32 array, HxWxC)
    - box

    Modified Keys:

    - img
    - box

    Args:
        prob: Probability of the flip.

    Raises:
        ValueError: If ``prob`` is outside [0, 1].
    """

    def __init__(self, prob: float = 0.5) -> None:
        if not 0 <= prob <= 1:
            raise ValueError(f'prob must be within [0, 1], not {prob}')
        self.prob = prob

    def transform(self, results: dict) -> dict:
        """Flip ``results['img']`` and ``results['box']``, or neither."""
        if torch.rand(1).item() < self.prob:
            results['img'] = F.hflip(results['img'])
            results['box'] = flip_box(results['box'])
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(prob={self.prob})'
