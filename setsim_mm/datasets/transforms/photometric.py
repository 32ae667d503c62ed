"""Transforms that change colours and leave every pixel in its place.

MMSelfSup has its own of these. Those here work on PIL images, so that a view is
converted to an array once and not at every step; run on NumPy 2, where mmcv's hue
shift raises OverflowError; and draw from torch's generator alone.
"""

from abc import abstractmethod

import torch
from mmcv.transforms import BaseTransform
from mmselfsup.registry import TRANSFORMS
from PIL import Image, ImageFilter
from torchvision.transforms import ColorJitter
from torchvision.transforms import functional as F


class RandomPhotometric(BaseTransform):
    """Apply :meth:`change` to the image with a probability.

    Required Keys:

    - img (PIL.Image.Image)

    Modified Keys:

    - img

    Args:
        prob: Probability that the image is changed.

    Raises:
        ValueError: If ``prob`` is outside [0, 1].
    """

    def __init__(self, prob: float) -> None:
        if not 0 <= prob <= 1:
            raise ValueError(f'prob must be within [0, 1], not {prob}')
        self.prob = prob

    @abstractmethod
    def change(self, image: Image.Image) -> Image.Image:
        """Return a changed image of the same size; leave ``image`` as it is."""

    def transform(self, results: dict) -> dict:
        """Change ``results['img']``, or leave it."""
        if torch.rand(1) < self.prob:
            results['img'] = self.change(results['img'])
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(prob={self.prob})'


@TRANSFORMS.register_module()
class PILColorJitter(RandomPhotometric):
    """Change brightness, contrast, saturation and hue, in random order.

    The change is torchvision's ``ColorJitter``.

    Args:
        brightness: Factor drawn from [1 - brightness, 1 + brightness], or from the
            given (min, max).
        contrast: As ``brightness``.
        saturation: As ``brightness``.
        hue: Shift drawn from [-hue, hue], at most 0.5, or from the given (min, max).
        prob: Probability that the image is changed.
    """

    def __init__(
        self,
        brightness: float | tuple[float, float] = 0.0,
        contrast: float | tuple[float, float] = 0.0,
        saturation: float | tuple[float, float] = 0.0,
        hue: float | tuple[float, float] = 0.0,
        prob: float = 1.0,
    ) -> None:
        super().__init__(prob)
        self.jitter = ColorJitter(brightness, contrast, saturation, hue)

    def change(self, image: Image.Image) -> Image.Image:
        """Draw an order and four factors, and apply them."""
        return self.jitter(image)

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.jitter}, prob={self.prob})'


@TRANSFORMS.register_module()
class PILRandomGrayscale(RandomPhotometric):
    """Turn the image grey with a probability; it keeps three equal channels.

    Args:
        prob: Probability that the image is changed.
    """

    def __init__(self, prob: float = 0.1) -> None:
        super().__init__(prob)

    def change(self, image: Image.Image) -> Image.Image:
        """Replace the colours by their luma (ITU-R 601), as torchvision does."""
        return F.rgb_to_grayscale(image, num_output_channels=3)


@TRANSFORMS.register_module()
class PILRandomGaussianBlur(RandomPhotometric):
    """Blur the image with PIL's ``GaussianBlur``, as MoCo-v2 and SimCLR do.

    Source: ``GaussianBlur`` in `moco/loader.py
    <https://github.com/facebookresearch/moco/blob/main/moco/loader.py>`_.

    Args:
        sigma_min: Smallest standard deviation of the kernel in pixels.
        sigma_max: Largest one; sigma is drawn uniformly between the two.
        prob: Probability that the image is changed.

    Raises:
        ValueError: If not 0 <= ``sigma_min`` <= ``sigma_max``.
    """

    def __init__(
        self, sigma_min: float = 0.1, sigma_max: float = 2.0, prob: float = 0.5
    ) -> None:
        super().__init__(prob)
        if not 0 <= sigma_min <= sigma_max:
            raise ValueError(
                'the blur needs 0 <= sigma_min <= sigma_max, '
                f'not {sigma_min} and {sigma_max}'
            )
        self.sigma_min = sigma_min
        self.sigma_max = sigma_max

    def change(self, image: Image.Image) -> Image.Image:
        """Draw a sigma and blur."""
        sigma = torch.empty(1).uniform_(self.sigma_min, self.sigma_max).item()
        return image.filter(ImageFilter.GaussianBlur(radius=sigma))

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(sigma_min={self.sigma_min}, '
            f'sigma_max={self.sigma_max}, prob={self.prob})'
        )
