"""Pre-train on a folder of images in one call."""

import os
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import torch

from setsim_mm.datasets.image_lists import CHANNEL_SUFFIXES, IMAGE_SUFFIXES
from setsim_mm.datasets.packed import images_in
from setsim_mm.engine.runner import QuietRunner
from setsim_mm.engine.training import train
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.printable import printable
from setsim_mm.utils.work_dir import last_checkpoint, lock_work_dir

from .channels import measure_folder, require_channels
from .machine import this_machine
from .plan import make_plan
from .plan_config import config_of
from .plan_file import PlannedRun, read_planned_run
from .results import Results, write_results


def pretrain(
    data: str | os.PathLike,
    out: str | os.PathLike,
    arch: str | None = None,
    from_weights: str | os.PathLike | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    cfg_options: dict | None = None,
    channels: int | None = None,
) -> Results:
    """Pre-train SetSim on a folder of images with settings that suit the machine.

    The settings and their reasons are printed. The same call resumes an interrupted
    training with the settings that it began with.

    Args:
        data (str | os.PathLike): Folder of images, with its subfolders.
        out (str | os.PathLike): Output folder.
        arch (str, optional): A name of :data:`~.architectures.ARCHITECTURES`. Defaults
            to None: a ResNet-50 on a GPU, else a ResNet-18.
        from_weights (str | os.PathLike, optional): A checkpoint whose backbone the
            training starts from. Defaults to None, random weights.
        epochs (int, optional): Number of epochs. Defaults to None: it is chosen.
        batch_size (int, optional): Images of a step. Defaults to None: it is chosen.
        cfg_options (dict, optional): Overrides of parts of the config, such as
            ``{'model.symmetric': False}``. Defaults to None.
        channels (int, optional): Number of channels of the images, of 8 bits or more,
            whose mean and standard deviation are measured. Defaults to None,
            photographs that are read as 8-bit RGB.

    Returns:
        Results: The files that were written.

    Raises:
        UserError: If the data, the output folder or an argument is unsuitable.

    Examples:
        >>> import setsim_mm
        >>> results = setsim_mm.pretrain(
        ...     data='photographs', out='work_dirs/mine')  # doctest: +SKIP
    """
    data, out = _folder(data), Path(out).expanduser()
    _require_outside(out, data)
    require_channels(channels)
    lock_work_dir(out)
    given: dict[str, Any] = dict(arch=arch, epochs=epochs, batch_size=batch_size)
    begun = last_checkpoint(out) is not None
    if begun:
        planned = read_planned_run(out)
        planned.require_same(data, given, from_weights, cfg_options, channels)
        print(f'Going on with the run in {out}, with the settings that it began with:')
    else:
        machine = this_machine()
        images = _images(data, channels)
        plan = make_plan(
            len(images), machine, **given, from_weights=from_weights is not None
        )
        weights = None if from_weights is None else os.path.abspath(from_weights)
        measured = None
        if channels is not None:
            measured = measure_folder(images, channels, cfg_options)
        planned = PlannedRun(plan, str(data), weights, cfg_options or {}, measured)
        print(f'Pre-training SetSim on {plan.images} images in {data} ({machine}):')
        if machine.gpus > 1:
            print(
                f'  One of {machine.gpus} GPUs is used; tools/dist_train.sh uses all.'
            )
    print('\n'.join(planned.lines()), flush=True)
    cfg = config_of(planned.plan, data, out, planned.cfg_options, planned.channels)
    planned.write(out)
    with warnings.catch_warnings():
        # The libraries' warnings concern their developers.
        warnings.simplefilter('ignore')
        try:
            train(
                cfg,
                resume='auto' if begun else None,
                amp=planned.plan.precision != 'float32',
                from_weights=None if begun else planned.from_weights,
                runner_type=QuietRunner,
                how_to_go_on=partial(_how_to_go_on, out),
            )
        except torch.OutOfMemoryError as error:
            raise UserError(
                f'the GPU has too little memory for {planned.plan.batch_size} images a '
                'step: set a smaller --batch-size.'
            ) from error
        results = write_results(cfg)
    if results.precision is not None:
        print(
            'Positions whose most similar position in another view is the right one: '
            '{:.1%} before training, {:.1%} after it, {:.1%} by chance.'.format(
                *results.precision
            )
        )
    names = ', '.join(str(path.relative_to(out)) for path in results.files)
    print(f'The result is in {out}: {names}')
    return results


def _folder(data: str | os.PathLike) -> Path:
    folder = Path(data).expanduser().absolute()
    if not folder.is_dir():
        raise UserError(
            f'{printable(str(data))!r} is not a folder: set --data to a folder with '
            'images.'
        )
    return folder


def _images(data: Path, channels: int | None) -> list[str]:
    """Return the images; raise an error if there is none."""
    suffixes = IMAGE_SUFFIXES if channels is None else CHANNEL_SUFFIXES
    try:
        return images_in(str(data), suffixes).found()
    except FileNotFoundError as error:
        raise UserError(
            f'there is no image in {printable(str(data))!r} or its subfolders: set '
            f'--data to a folder with files that end in {", ".join(suffixes)}.'
        ) from error


def _require_outside(out: Path, data: Path) -> None:
    """Raise an error if the pictures of the run would become training images."""
    if out.resolve().is_relative_to(data.resolve()):
        raise UserError(
            f'the output folder {str(out)!r} is inside the images {str(data)!r}, and '
            'its pictures would be trained on: set --out to another folder.'
        )


def _how_to_go_on(out: Path) -> str:
    checkpoint = last_checkpoint(out)
    if checkpoint is None:
        return 'Stopped before the first checkpoint: the same command starts again.'
    return f'Stopped: the same command goes on from {checkpoint}.'
