"""The compared image pipelines, which return two MoCo-v2 views of a file as tensors."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence

import torch
from mmcv.transforms import Compose
from mmengine.config import ConfigDict
from mmengine.registry import DefaultScope
from PIL import Image, ImageFilter
from torch import Tensor
from torchvision import transforms as T
from torchvision.datasets.folder import pil_loader

from setsim_mm.host import TRANSFORMS

# Returns the views of the image at a path, each uint8, (3, height, width).
Pipeline = Callable[[str], Sequence[Tensor]]
LOAD, PACK = 'load', 'pack'
VIEW_STEPS = ('crop', 'jitter', 'grey', 'blur', 'flip')
STEPS = (LOAD, *VIEW_STEPS, PACK)


class Stopwatch:
    """Total time of each step of a pipeline.

    Attributes:
        seconds (dict[str, float]): Time so far by the name of the step.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def watch(self, name: str, step: Callable) -> Callable:
        """Return a step, a function of one argument, whose calls are timed."""

        def timed(argument: object) -> object:
            begin = time.perf_counter()
            result = step(argument)
            self.seconds[name] += time.perf_counter() - begin
            return result

        return timed


def openmmlab_pipeline(
    transforms: Sequence[ConfigDict], stopwatch: Stopwatch | None = None
) -> Pipeline:
    """Build the pipeline of a config.

    Args:
        transforms (Sequence[ConfigDict]): Loading, multi-view with the steps
            :data:`VIEW_STEPS`, and packing.
        stopwatch (Stopwatch, optional): Times the steps. Defaults to None.

    Returns:
        Pipeline: Returns the inputs of the model.
    """
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        load, multi_view, pack = (TRANSFORMS.build(t) for t in transforms)
    if stopwatch is not None:
        load, pack = stopwatch.watch(LOAD, load), stopwatch.watch(PACK, pack)
        for view in multi_view.pipelines:
            view.transforms = _watched_steps(view.transforms, stopwatch)
    run = Compose([load, multi_view, pack])
    return lambda path: run(dict(img_path=path))['inputs']


def torchvision_pipeline(stopwatch: Stopwatch | None = None) -> Pipeline:
    """Build the pipeline of MoCo-v2's authors, without floats and normalisation.

    Args:
        stopwatch (Stopwatch, optional): Times the steps. Defaults to None.

    Returns:
        Pipeline: With ``ImageFolder``'s loader.
    """
    load, view = pil_loader, torchvision_view()
    if stopwatch is not None:
        load = stopwatch.watch(LOAD, load)
        view.transforms = _watched_steps(view.transforms, stopwatch)

    def run(path: str) -> list[Tensor]:
        image = load(path)
        return [view(image) for _ in range(2)]

    return run


def torchvision_view(size: int = 224) -> T.Compose:
    """Return torchvision's transforms of a MoCo-v2 view, from a PIL image to a tensor.

    Source: ``main_moco.py --aug-plus`` of `facebookresearch/moco
    <https://github.com/facebookresearch/moco>`_.

    Args:
        size (int): Height and width. Defaults to 224.
    """
    return T.Compose(
        [
            T.RandomResizedCrop(size, scale=(0.2, 1.0)),
            T.RandomApply([T.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
            T.RandomGrayscale(p=0.2),
            T.RandomApply([PILBlur(0.1, 2.0)], p=0.5),
            T.RandomHorizontalFlip(),
            T.PILToTensor(),
        ]
    )


class PILBlur:
    """``GaussianBlur`` of ``moco/loader.py`` with torch's random generator.

    Args:
        sigma_min (float): Minimum of sigma in pixels.
        sigma_max (float): Maximum of sigma, which is uniformly distributed.
    """

    def __init__(self, sigma_min: float, sigma_max: float) -> None:
        self.bounds = sigma_min, sigma_max

    def __call__(self, image: Image.Image) -> Image.Image:
        """Draw a sigma and blur the image."""
        sigma = torch.empty(1).uniform_(*self.bounds).item()
        return image.filter(ImageFilter.GaussianBlur(sigma))


def _watched_steps(steps: Sequence[Callable], stopwatch: Stopwatch) -> list[Callable]:
    """Return the timed steps of a view. torchvision's last step is the packing."""
    names = (*VIEW_STEPS, PACK)[: len(steps)]
    return [
        stopwatch.watch(name, step) for name, step in zip(names, steps, strict=True)
    ]
