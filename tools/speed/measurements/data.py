"""Decoding images and cutting two MoCo-v2 views of each, on one core.

All pipelines read the same files and return two uint8 views of 224 px, channels first.
*torchvision on PIL* is the pipeline of MoCo-v2's authors with ImageFolder's loader,
without the conversion to normalised floats. *mmselfsup* is its own imagenet_mocov2
pipeline. *Ours is faster* is their median time over ours. The columns in ms are the
time of each step for an image, both views together.
"""

from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import pandas as pd
import torch
from mmengine.config import Config
from mmengine.hub import get_config

from setsim_mm.datasets.image_files import ImageFiles
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.random_state import fixed_random_state

from .pipelines import (
    STEPS,
    Pipeline,
    Stopwatch,
    openmmlab_pipeline,
    torchvision_pipeline,
)
from .timing import time_in_turn

OURS, MMSELFSUP, TORCHVISION = 'ours', 'mmselfsup', 'torchvision on PIL'
MMSELFSUP_CONFIG = 'mmselfsup::selfsup/_base_/datasets/imagenet_mocov2.py'


def measure(args: Namespace) -> pd.DataFrame:
    """Measure all pipelines in turn.

    Returns:
        pd.DataFrame: A row for each pipeline.

    Raises:
        UserError: If the images or the config are missing.
    """
    paths = _paths(args.images, args.limit)
    with _one_thread():
        builders = _builders(args.config)
        pipelines = {name: build(None) for name, build in builders.items()}
        times = time_in_turn(_passes(pipelines, paths), args.repeats)
        watches = {name: Stopwatch() for name in builders}
        watched = {name: build(watches[name]) for name, build in builders.items()}
        time_in_turn(_passes(watched, paths), args.repeats, warmup=0)
    seconds = {name: median(values) for name, values in times.items()}
    return pd.DataFrame(
        {
            'pipeline': name,
            'images/s a core': len(paths) / seconds[name],
            'ours is faster': seconds[name] / seconds[OURS],
            **{
                f'{step}, ms': 1e3 * watches[name].seconds[step] / calls
                for step in STEPS
            },
            'repeats': args.repeats,
        }
        for calls in [args.repeats * len(paths)]
        for name in builders
    )


def _paths(folder: Path, limit: int | None) -> list[str]:
    try:
        return ImageFiles(str(folder)).found()[:limit]
    except FileNotFoundError as error:
        raise UserError(
            f'there are no images in {str(folder)!r}: name a folder of photographs '
            'with --images.'
        ) from error


def _builders(config: Path) -> dict[str, Callable[[Stopwatch | None], Pipeline]]:
    """Return for each pipeline a function that builds it, given a stopwatch or None."""
    if not config.is_file():
        raise UserError(
            f'there is no config {str(config)!r}: run this in the repository, or name '
            "the config of our pipeline's data with --config."
        )
    ours = Config.fromfile(config).train_pipeline
    builders = {OURS: partial(openmmlab_pipeline, ours)}
    # mmselfsup uses mmcv's hue jitter, which overflows with NumPy 2.
    if np.lib.NumpyVersion(np.__version__) < '2.0.0':
        theirs = get_config(MMSELFSUP_CONFIG).train_pipeline
        builders[MMSELFSUP] = partial(openmmlab_pipeline, theirs)
    return builders | {TORCHVISION: torchvision_pipeline}


def _passes(
    pipelines: dict[str, Pipeline], paths: Sequence[str]
) -> dict[str, Callable[[], None]]:
    """Return for each pipeline a function that processes all images, with one seed."""

    def process_all(pipeline: Pipeline) -> None:
        with fixed_random_state(0):
            for path in paths:
                pipeline(path)

    return {name: partial(process_all, part) for name, part in pipelines.items()}


@contextmanager
def _one_thread() -> Iterator[None]:
    """Context manager: torch and OpenCV use one thread, restored on exit."""
    threads = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    try:
        yield
    finally:
        torch.set_num_threads(threads[0])
        cv2.setNumThreads(threads[1])
