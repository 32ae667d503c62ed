"""Prepare a comparison from the command line, and find errors before anything runs."""

from argparse import Namespace
from pathlib import Path

from mmengine.config import Config

from setsim_mm.utils import UserError
from studies.pretraining import Scale

from .annotations import find_annotations
from .data import Data, prepare_data
from .finetuning_configs import (
    FinetuningOptions,
    default_config,
    load_config,
    require_fits,
)
from .finetuning_data import link_images
from .pretraining import load_pretraining_config, require_one_backbone
from .starts import Start, require_backbone, starts_for
from .study import Study, probe_options
from .unlabelled import UnlabelledImages


def prepare_study(args: Namespace, repository: Path) -> Study:
    """Check configs, weights and data, and write the splits.

    Args:
        args (Namespace): From :func:`~worth.command_line.parse_args`.
        repository (Path): The folder of ``configs/`` and ``tools/``.

    Returns:
        Study: Nothing of it has run.

    Raises:
        UserError: If something is missing or wrong.
    """
    work_dir = args.work_dir.expanduser().absolute()
    starts = starts_for(args.weights)
    unlabelled = UnlabelledImages(args.unlabelled)
    configs = _pretraining_configs(args, starts, unlabelled)
    require_backbone(next(iter(configs.values())), args.weights)
    val = None if args.val_images is None else (args.val_images, args.val_labels)
    data = prepare_data(
        find_annotations(
            args.images, args.labels, val, _class_names(args.classes), args.ignored
        ),
        unlabelled,
        work_dir,
        list(dict.fromkeys(args.seeds)),
        args.shares,
        args.val_share,
        args.pretrain_on_held_out,
    )
    return Study(
        data,
        starts,
        configs,
        probe_options(data, args.size, args.k, args.num_workers),
        work_dir,
        repository,
        args.gpus,
        _finetuning_config(args, data, configs, work_dir, repository),
    )


def _pretraining_configs(
    args: Namespace, starts: list[Start], unlabelled: UnlabelledImages
) -> dict[str, Config]:
    """Return the config of each starting point that is pre-trained here."""
    scale = Scale(args.merge, args.cfg_options, gpus=args.gpus, epochs=args.epochs)
    configs = {
        start.name: load_pretraining_config(
            args.config if start.random else args.config_from_weights,
            scale,
            unlabelled.root,
        )
        for start in starts
        if start.pretrained
    }
    require_one_backbone(list(configs.values()))
    return configs


def _finetuning_config(
    args: Namespace,
    data: Data,
    configs: dict[str, Config],
    work_dir: Path,
    repository: Path,
) -> Config | None:
    if args.fine_tune is None:
        return None
    options = FinetuningOptions(
        args.fine_tune_merge, args.fine_tune_options, args.iterations, args.image_scale
    )
    path = default_config(data.labelled_set, repository)
    cfg = load_config(data.labelled_set, work_dir, options, args.fine_tune or path)
    require_fits(cfg, next(iter(configs.values())))
    link_images(data.labelled_set, work_dir)
    return cfg


def _class_names(path: Path | None) -> list[str] | None:
    """Read the names of classes, one a line."""
    if path is None:
        return None
    if not path.is_file():
        raise UserError(f'there is no file {str(path)!r}: give the names of classes.')
    names = [line.strip() for line in path.read_text(encoding='utf-8').splitlines()]
    return [name for name in names if name]
