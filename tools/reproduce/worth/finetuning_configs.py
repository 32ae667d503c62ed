"""The configs of fine-tunings of mmdet and mmseg on own labelled images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config, ConfigDict

from setsim_mm.datasets.inner_datasets import inner_configs
from setsim_mm.evaluation.frozen_backbone import load_backbone
from setsim_mm.transfer.classes import require_classes
from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.transfer.labels.formats import CLASS_FOLDERS, LABEL_IMAGES
from setsim_mm.transfer.tiny import make_tiny
from setsim_mm.transfer.weights import build_transferred_parts, wanted_weights
from setsim_mm.utils import UserError
from setsim_mm.utils.printable import some_of
from setsim_mm.utils.random_state import fixed_random_state
from setsim_mm.utils.state_dict_mismatch import state_dict_mismatches

from .finetuning_data import IMAGES, LABELS
from .labelled_sets import LabelledSet
from .measures import BOX_AP, MASK_AP, TUNED_MIOU, Measure

OWN_DATA = 'configs/benchmarks/own_data'
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


@dataclass(frozen=True)
class FinetuningOptions:
    """Options of fine-tunings.

    Args:
        merge (str, optional): A config that is merged into it. Defaults to None.
        options (Mapping, optional): Overrides of single values. Defaults to None.
        iterations (int, optional): See
            :func:`~setsim_mm.transfer.tiny.make_tiny`. Defaults to None.
        image_scale (float, optional): The same. Defaults to None.
    """

    merge: str | None = None
    options: Mapping[str, Any] | None = None
    iterations: int | None = None
    image_scale: float | None = None


def default_config(labelled_set: LabelledSet, repository: Path) -> str:
    """Return the config for a format.

    Args:
        labelled_set (LabelledSet): The labelled images.
        repository (Path): The folder of ``configs/``.

    Raises:
        UserError: If there is none, for class folders.
    """
    if labelled_set.format == CLASS_FOLDERS:
        raise UserError(
            '--fine-tune trains detectors and segmentation networks, and class folders '
            'have labels for neither: leave it out.'
        )
    masks = any(
        s.segmentation for sample in labelled_set.samples for s in sample.shapes
    )
    name = 'faster-rcnn_r50-c4_raccoon.py'
    if masks:
        name = 'mask-rcnn_r50-fpn_coco128.py'
    if labelled_set.format == LABEL_IMAGES:
        name = 'fcn_r50-d8_camvid.py'
    return str(repository / OWN_DATA / name)


def load_config(
    labelled_set: LabelledSet, folder: Path, options: FinetuningOptions, path: str
) -> Config:
    """Load the config of a fine-tuning and set labelled images as its data.

    Args:
        labelled_set (LabelledSet): The labelled images.
        folder (Path): The folder of the comparison, with ``images`` and
            ``label_images``.
        options (FinetuningOptions): Changes.
        path (str): The config file.

    Returns:
        Config: Its data sets have no ``ann_file`` yet; see :func:`with_parts`.

    Raises:
        UserError: If the config cannot be read or is for another kind of labels.
    """
    cfg = load_finetuning_config(path, dict(options.options or {}), merge=options.merge)
    pixels = labelled_set.format == LABEL_IMAGES
    if (cfg.default_scope == 'mmseg') != pixels:
        raise UserError(
            f'the config {path!r} is one of {cfg.default_scope}, which does not train '
            f'on {labelled_set.format}: choose another one for --fine-tune.'
        )
    cfg.task = None  # no check of a benchmark's own files
    cfg.allow_paths_outside = True  # images and label images may be links
    classes = labelled_set.classes if pixels else labelled_set.classes[1:]
    data = _segmentation(labelled_set) if pixels else _detection()
    for name in LOADERS:
        own = next(inner_configs(cfg[name].dataset))
        dataset = dict(
            data,
            data_root=str(folder),
            metainfo=dict(classes=tuple(classes)),
            pipeline=own['pipeline'],
            test_mode=name != 'train_dataloader',
        )
        if name == 'train_dataloader' and not pixels:
            dataset['filter_cfg'] = dict(filter_empty_gt=True)
        cfg[name].dataset = ConfigDict(dataset)
    _set_classes(cfg.model, len(classes))
    if pixels:
        _set_ignored(cfg, labelled_set.ignored)
    make_tiny(cfg, options.iterations, options.image_scale)
    return cfg


def with_parts(cfg: Config, train: Path, held_out: Path) -> Config:
    """Return a copy of a config with the files of :func:`write_part`.

    Args:
        cfg (Config): From :func:`load_config`.
        train (Path): The images that give labels.
        held_out (Path): The images that are measured.
    """
    cfg = Config(cfg.to_dict(), filename=cfg.filename)
    for name, file in zip(LOADERS, (train, held_out, held_out), strict=True):
        cfg[name].dataset.ann_file = str(file.absolute())
    if cfg.default_scope == 'mmdet':
        kinds = ['bbox', 'segm'] if has_masks(cfg) else ['bbox']
        cfg.val_evaluator = dict(
            type='CocoMetricOrZero', ann_file=str(held_out.absolute()), metric=kinds
        )
        cfg.test_evaluator = cfg.val_evaluator
    return cfg


def measures_of(cfg: Config) -> Sequence[Measure]:
    """Return what a fine-tuning measures; the first one decides."""
    if cfg.default_scope == 'mmseg':
        return (TUNED_MIOU,)
    return (BOX_AP, MASK_AP) if has_masks(cfg) else (BOX_AP,)


def require_fits(cfg: Config, pretraining: Config) -> None:
    """Raise an error if a pre-trained backbone does not fit a fine-tuning.

    Args:
        cfg (Config): The config of the fine-tuning.
        pretraining (Config): The config of the pre-training.

    Raises:
        UserError: If their backbones differ, or the classes of model and data do.
    """
    require_classes(cfg)
    wanted = wanted_weights(build_transferred_parts(cfg))
    with fixed_random_state(0):
        there = load_backbone(pretraining.model.backbone).state_dict()
    mismatches = state_dict_mismatches(wanted, there)
    if mismatches:
        raise UserError(
            'the backbone of the pre-training does not fit that of --fine-tune '
            f'({some_of(mismatches)}): change the latter with --fine-tune-merge or '
            '--fine-tune-options.'
        )


def has_masks(cfg: Config) -> bool:
    """Return whether a detector predicts masks."""
    return 'mask_head' in cfg.model.get('roi_head', {})


def _segmentation(labelled_set: LabelledSet) -> dict[str, Any]:
    return dict(
        type='BaseSegDataset',
        data_prefix=dict(img_path=IMAGES, seg_map_path=LABELS),
        img_suffix='',  # names are with their suffixes
        seg_map_suffix='.png',
        ignore_index=labelled_set.ignored,
    )


def _detection() -> dict[str, Any]:
    return dict(type='CocoDataset', data_prefix=dict(img=f'{IMAGES}/'))


def _set_classes(part: Any, number: int) -> None:
    """Set every ``num_classes`` of a model."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == 'num_classes':
                part[key] = number
            else:
                _set_classes(value, number)
    elif isinstance(part, list | tuple):
        for value in part:
            _set_classes(value, number)


def _set_ignored(cfg: Config, ignored: int) -> None:
    """Set the value of pixels without a class in heads, padding and metric."""
    cfg.model.data_preprocessor.seg_pad_val = ignored
    for name in ('decode_head', 'auxiliary_head'):
        heads = cfg.model.get(name) or []
        for head in heads if isinstance(heads, list) else [heads]:
            head.ignore_index = ignored
    for evaluator in (cfg.val_evaluator, cfg.test_evaluator):
        evaluator.ignore_index = ignored
