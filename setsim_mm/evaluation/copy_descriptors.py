"""Descriptors of a copy-detection benchmark by a pre-trained model."""

import os
from collections.abc import Callable, Iterable
from typing import Any, cast

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from rich.progress import track
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from setsim_mm.datasets.copy_images import CopyImages
from setsim_mm.datasets.transforms import LoadRGBImage, ResizeWholeImage
from setsim_mm.host import MODELS
from setsim_mm.hosts.scope import SCOPE
from setsim_mm.utils.checkpoints import load_checkpoint, model_weights
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.printable import some_of
from setsim_mm.utils.state_dict_mismatch import state_dict_mismatches
from setsim_mm.utils.weight_init import init_weights_quietly

from .copy_predictions import ROLES, Descriptors
from .frozen_backbone import last_feature_map, load_backbone

# Takes preprocessed images and the side, 'query' or 'key'; returns (N, D).
Describe = Callable[[Tensor, str], Tensor]


def load_describer(
    cfg: Config,
    checkpoint: str | os.PathLike | None,
    pooled: bool = False,
    device: torch.device | str = 'cpu',
) -> Describe:
    """Load a model and return the function that describes images.

    Args:
        cfg (Config): Config of the training.
        checkpoint (str | os.PathLike, optional): What it saved; None for random
            weights.
        pooled (bool): Whether descriptors are the mean of the backbone's last feature
            map instead of the neck's output. The checkpoint may then be any backbone's.
            Defaults to False.
        device (torch.device | str): Defaults to ``'cpu'``.

    Returns:
        Describe: Returns L2-normalised descriptors, (N, D). :class:`QKIteration` has
        two sides; other models describe all images alike.

    Raises:
        UserError: If the checkpoint does not fit, or the neck returns maps.
    """
    if pooled:
        backbone = load_backbone(cfg.model.backbone, checkpoint).to(device)

        def describe_pooled(images: Tensor, side: str) -> Tensor:
            return F.normalize(last_feature_map(backbone(images)).mean(dim=(2, 3)))

        return describe_pooled
    with DefaultScope.overwrite_default_scope(SCOPE):
        model = MODELS.build(cfg.model)
    if checkpoint is None:
        init_weights_quietly(model)
    else:
        _load_whole(model, checkpoint)
    return describer_of(model.to(device).eval())


def describer_of(model: nn.Module) -> Describe:
    """Return the function that describes images by the neck's output.

    Args:
        model (nn.Module): An algorithm in evaluation mode.

    Returns:
        Describe: See :func:`load_describer`.
    """
    own = getattr(model, 'describe', None)
    if own is not None:
        return cast(Describe, own)

    def describe(images: Tensor, side: str) -> Tensor:
        backbone, neck = cast(nn.Module, model.backbone), cast(nn.Module, model.neck)
        encoded = neck(backbone(images))[-1]
        if encoded.dim() != 2:
            raise UserError(
                f'the neck of {type(model).__name__} returns {tuple(encoded.shape)} '
                'instead of a descriptor of each image: describe images by the '
                "backbone's pooled features."
            )
        return F.normalize(encoded)

    return describe


def _load_whole(model: nn.Module, checkpoint: str | os.PathLike) -> None:
    weights = model_weights(load_checkpoint(checkpoint))
    mismatches = state_dict_mismatches(model.state_dict(), weights)
    if mismatches:
        raise UserError(
            f'the checkpoint {os.fspath(checkpoint)!r} does not fit the model of the '
            f'config in {len(mismatches)} weights ({some_of(mismatches)}): give the '
            "config of its training, or describe images by the backbone's pooled "
            'features.'
        )
    model.load_state_dict(weights)


@torch.no_grad()
def describe_benchmark(
    describe: Describe,
    preprocess: Callable[[Tensor], Tensor],
    data_root: str | os.PathLike,
    image_size: int = 224,
    batch_size: int = 64,
    num_workers: int = 2,
    progress: bool = False,
) -> dict[str, Descriptors]:
    """Describe the images of a benchmark.

    Queries are described by the query model, the others by the key model. Images are
    resized to a square as a whole: a crop would remove what was added at the borders.

    Args:
        describe (Describe): From :func:`load_describer`.
        preprocess (Callable): See :class:`~.image_reading.ImageInputs`.
        data_root (str | os.PathLike): See :class:`~setsim_mm.datasets.CopyImages`.
        image_size (int): Side in pixels. Defaults to 224.
        batch_size (int): Images in a batch. Defaults to 64.
        num_workers (int): Number of worker processes. Defaults to 2.
        progress (bool): Whether to show a progress bar. Defaults to False.

    Returns:
        dict[str, Descriptors]: By role.

    Raises:
        UserError: If images are missing.
    """
    pipeline: list[Any] = [LoadRGBImage(), ResizeWholeImage(image_size), _tensor]
    images = CopyImages(os.fspath(data_root), pipeline=pipeline)
    images.full_init()
    roles = [images.get_data_info(index)['role'] for index in range(len(images))]
    groups = {}
    for role in ROLES:
        chosen = [index for index, own in enumerate(roles) if own == role]
        if not chosen:
            continue
        batches: Iterable[Any] = DataLoader(
            images, batch_size, sampler=chosen, num_workers=num_workers
        )
        if progress:
            batches = track(batches, role, total=-(-len(chosen) // batch_size))
        side = 'query' if role == 'query' else 'key'
        ids: list[str] = []
        features: list[Tensor] = []
        for batch in batches:
            ids += batch['image_id']
            features.append(describe(preprocess(batch['img']), side).float().cpu())
        groups[role] = Descriptors(ids, torch.cat(features))
    return groups


def _tensor(results: dict) -> dict:
    """Return what the loader collates: identifier and image, uint8 (3, S, S)."""
    image = torch.from_numpy(results['img']).permute(2, 0, 1)
    return dict(image_id=results['image_id'], img=image)
