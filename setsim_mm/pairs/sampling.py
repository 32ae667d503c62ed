"""Sample pairs: encode images or load embeddings, search, write, draw."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config

from setsim_mm.datasets.image_loader import ImageLoader, image_loader
from setsim_mm.datasets.pair_file import ImagePairs, require_pair_file, write_pairs
from setsim_mm.evaluation.neighbors import require_search
from setsim_mm.utils.durable_files import write_text_whole, written_whole
from setsim_mm.utils.errors import UserError

from .embeddings import Embeddings, centered, load_embeddings
from .encoders import load_encoder
from .encoding import encode_images
from .image_set import TrainingImages, choose, training_images
from .semantic import FoundPairs, check_window, find_semantic_pairs
from .summary import PairSummary, summarize_pairs
from .timm_models import load_timm_encoder


@dataclass(frozen=True)
class PairRequest:
    """Options of the sampler.

    Args:
        checkpoint (str): Weights, or a file of embeddings that ends in ``.npy``.
        out (Path): The file of pairs.
        data (str, optional): Folder of the images. Defaults to None, the config's.
        num_images (int, optional): Images to choose at random. Defaults to None, all.
        low (float, optional): Minimum similarity. Defaults to None, the median
            similarity of an image to the nearest other one.
        high (float): Maximum similarity. Defaults to 0.99.
        per_anchor (int): Maximum number of positives of an image. Defaults to 1.
        center (bool): Whether to subtract the mean of the embeddings first. Defaults to
            True.
        search (str): ``'torch'`` or ``'faiss'``. Defaults to ``'torch'``.
        timm (str, optional): A model of timm in place of the config's. Defaults to
            None.
        features (Path, optional): Folder of the encoded images. Defaults to None,
            ``NAME_features`` beside the output.
        sheet (Path, optional): Picture of some pairs. Defaults to None.
        sheet_anchors (int): Anchors in the picture. Defaults to 12.
        seed (int): Seed of the images and of the picture. Defaults to 0.
        image_size (int): Side of the centre crop in pixels. Defaults to 224.
        batch_size (int): Images in a batch. Defaults to 64.
        num_workers (int): Processes that load images. Defaults to 2.
    """

    checkpoint: str
    out: Path
    data: str | None = None
    num_images: int | None = None
    low: float | None = None
    high: float = 0.99
    per_anchor: int = 1
    center: bool = True
    search: str = 'torch'
    timm: str | None = None
    features: Path | None = None
    sheet: Path | None = None
    sheet_anchors: int = 12
    seed: int = 0
    image_size: int = 224
    batch_size: int = 64
    num_workers: int = 2


def sample_pairs(
    cfg: Config,
    request: PairRequest,
    device: torch.device | str = 'cpu',
    progress: bool = True,
) -> PairSummary:
    """Sample semantic pairs and write them.

    The output ``NAME.csv`` or ``NAME.parquet`` has the pairs, ``NAME.json`` beside it
    the settings and a summary.

    Args:
        cfg (Config): A pre-training config: its images and its backbone.
        request (PairRequest): What to sample.
        device (torch.device | str): Device of network and search. Defaults to
            ``'cpu'``.
        progress (bool): Whether to show progress bars. Defaults to True.

    Returns:
        PairSummary: What was found.

    Raises:
        UserError: If an argument, a file or the window does not fit.
    """
    check_window(request.low, request.high, request.per_anchor)
    require_pair_file(request.out)
    require_search(request.search)
    if request.sheet is not None and request.sheet_anchors < 1:
        raise UserError('--sheet-anchors must be at least 1.')
    images = training_images(cfg, request.data)
    request.out.parent.mkdir(parents=True, exist_ok=True)
    embeddings = _embeddings(cfg, request, images, device, progress)
    features = embeddings.features
    if request.center:
        features = centered(features)
    found = find_semantic_pairs(
        features.to(device) if request.search == 'torch' else features,
        request.low,
        request.high,
        request.per_anchor,
        request.search,
        progress,
    )
    summary = summarize_pairs(found, embeddings.names)
    _write(request, found, embeddings, summary)
    if request.sheet is not None:
        _draw(request, found, embeddings, images, image_loader(cfg))
    return summary


def _embeddings(
    cfg: Config,
    request: PairRequest,
    images: TrainingImages,
    device: torch.device | str,
    progress: bool,
) -> Embeddings:
    """Load the embeddings of the chosen images, or encode them."""
    if request.checkpoint.endswith('.npy'):
        return _loaded(request, images)
    chosen = images.chosen(request.num_images, request.seed)
    encoder = (
        load_encoder(cfg, request.checkpoint, device)
        if request.timm is None
        else load_timm_encoder(request.timm, request.checkpoint, device)
    )
    return encode_images(
        encoder,
        chosen,
        request.features or request.out.with_name(f'{request.out.stem}_features'),
        request.image_size,
        request.batch_size,
        request.num_workers,
        progress,
    )


def _loaded(request: PairRequest, images: TrainingImages) -> Embeddings:
    embeddings = load_embeddings(request.checkpoint)
    known = set(images.names)
    unknown = [name for name in embeddings.names if name not in known]
    if unknown:
        raise UserError(
            f'{len(unknown)} images of the embeddings {request.checkpoint!r} are not '
            f'among the {len(known)} images, such as {unknown[0]!r}: correct --data, '
            'or the paths beside the embeddings.'
        )
    if request.num_images is None:
        return embeddings
    return embeddings.part(choose(len(embeddings), request.num_images, request.seed))


def _write(
    request: PairRequest,
    found: FoundPairs,
    embeddings: Embeddings,
    summary: PairSummary,
) -> None:
    names = np.array(embeddings.names, dtype=object)
    anchors, positives = names[found.anchors], names[found.positives]
    write_pairs(
        request.out,
        ImagePairs(anchors.tolist(), positives.tolist(), found.similarities),
    )
    settings = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in asdict(request).items()
    }
    settings['low'] = found.low
    record = json.dumps(dict(request=settings, **asdict(summary)), indent=2)
    write_text_whole(request.out.with_suffix('.json'), record + '\n')


def _draw(
    request: PairRequest,
    found: FoundPairs,
    embeddings: Embeddings,
    images: TrainingImages,
    load: ImageLoader,
) -> None:
    """Draw random anchors with their positives."""
    from setsim_mm.visualization.image_pairs import (
        AnchorWithPositives,
        draw_image_pairs,
    )

    assert request.sheet is not None
    path_of = dict(zip(images.names, images.paths, strict=True))
    anchors = np.unique(found.anchors)
    generator = np.random.default_rng(request.seed)
    number = min(request.sheet_anchors, len(anchors))
    groups = []
    for anchor in sorted(generator.choice(anchors, number, replace=False)):
        pairs = np.flatnonzero(found.anchors == anchor)
        groups.append(
            AnchorWithPositives(
                path_of[embeddings.names[anchor]],
                [path_of[embeddings.names[i]] for i in found.positives[pairs]],
                found.similarities[pairs].tolist(),
            )
        )
    request.sheet.parent.mkdir(parents=True, exist_ok=True)
    figure = draw_image_pairs(groups, load)
    with written_whole(request.sheet) as unfinished:
        figure.savefig(unfinished, format=request.sheet.suffix[1:] or 'png')
