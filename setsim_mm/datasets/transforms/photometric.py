"""Photometric transforms.

Compared with those of MMSelfSup they are several times faster (docs/performance.md),
run on NumPy 2, where mmcv's hue shift raises OverflowError, and draw the same numbers
from torch's generator as torchvision's.

Their former names, which begin with PIL, are registered, too.
"""

from abc import abstractmethod

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from torchvision.transforms import ColorJitter

from setsim_mm.host import TRANSFORMS
from setsim_mm.utils.errors import UserError

from . import functional as F


class RandomPhotometric(BaseTransform):
    """Apply :meth:`change` to the image with a probability.

    Required Keys:

    - img (uint8, uint16 or float32 array, HxWxC)

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
    def change(self, image: np.ndarray) -> np.ndarray:
        """Return a changed copy of the image, of the same size."""

    def transform(self, results: dict) -> dict:
        """Change ``results['img']`` with the probability ``prob``."""
        if torch.rand(1).item() < self.prob:
            results['img'] = self.change(results['img'])
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(prob={self.prob})'


@TRANSFORMS.register_module(name=['RGBColorJitter', 'PILColorJitter'])
class RGBColorJitter(RandomPhotometric):
    """Change brightness, contrast, saturation and hue, in random order.

    torchvision's ``ColorJitter`` draws the order and the factors. Brightness and
    contrast apply to any number of channels, saturation and hue to RGB.

    Args:
        brightness: Factor drawn from [1 - brightness, 1 + brightness], or from
            (min, max).
        contrast: As ``brightness``.
        saturation: As ``brightness``.
        hue: Shift drawn from [-hue, hue], at most 0.5, or from (min, max).
        prob: Probability that the image is changed.
    """

    # In the order of the factors from ``ColorJitter.get_params``.
    steps = (
        F.adjust_brightness,
        F.adjust_contrast,
        F.adjust_saturation,
        F.adjust_hue,
    )

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

    def change(self, image: np.ndarray) -> np.ndarray:
        """Draw an order and four factors, and apply them.

        Raises:
            UserError: If saturation or hue of an image without RGB is to change.
        """
        jitter = self.jitter
        if jitter.saturation is not None or jitter.hue is not None:
            _require_rgb(image, 'RGBColorJitter with saturation or hue', 'both to 0')
        order, *factors = jitter.get_params(
            jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue
        )
        for step in order.tolist():
            if factors[step] is not None:
                image = self.steps[step](image, factors[step])
        return image

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.jitter}, prob={self.prob})'


@TRANSFORMS.register_module(name=['RGBRandomGrayscale', 'PILRandomGrayscale'])
class RGBRandomGrayscale(RandomPhotometric):
    """Convert the image to grey, in three equal channels, with a probability.

    Args:
        prob: Probability that the image is changed.
    """

    def __init__(self, prob: float = 0.1) -> None:
        super().__init__(prob)

    def change(self, image: np.ndarray) -> np.ndarray:
        """Replace the channels by the luma (ITU-R 601), as torchvision does.

        Raises:
            UserError: If the image does not have three channels.
        """
        _require_rgb(image, 'RGBRandomGrayscale', 'prob=0')
        return F.rgb_to_grayscale(image)


@TRANSFORMS.register_module(name=['RGBRandomGaussianBlur', 'PILRandomGaussianBlur'])
class RGBRandomGaussianBlur(RandomPhotometric):
    """Blur the image with a Gaussian kernel, as in MoCo-v2 and SimCLR.

    It applies to any number of channels.

    Source: ``GaussianBlur`` in `moco/loader.py
    <https://github.com/facebookresearch/moco/blob/main/moco/loader.py>`_.

    Args:
        sigma_min: Minimum standard deviation of the kernel in pixels.
        sigma_max: Maximum; sigma is drawn uniformly between the two.
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

    def change(self, image: np.ndarray) -> np.ndarray:
        """Draw a sigma and blur."""
        sigma = torch.empty(1).uniform_(self.sigma_min, self.sigma_max).item()
        return F.gaussian_blur(image, sigma)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(sigma_min={self.sigma_min}, '
            f'sigma_max={self.sigma_max}, prob={self.prob})'
        )


def _require_rgb(image: np.ndarray, what: str, setting: str) -> None:
    """Raise a UserError if an image does not have three channels."""
    if image.shape[2] != 3:
        raise UserError(
            f'{what} needs red, green and blue, but the images have {image.shape[2]} '
            f'channels: set {setting}, or remove the transform from the pipeline.'
        )
