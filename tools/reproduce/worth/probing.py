"""Measure a frozen backbone with several shares of the labels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from setsim_mm.evaluation.class_folders import LabeledImages
from setsim_mm.evaluation.dense_features import DenseBatch, dense_features
from setsim_mm.evaluation.in_context import FeatureMemory
from setsim_mm.evaluation.in_context_memory import InContextOptions, build_memory
from setsim_mm.evaluation.in_context_probe import predict
from setsim_mm.evaluation.knn import knn_classify, pooled_features
from setsim_mm.evaluation.label_images import LabelImages
from setsim_mm.evaluation.linear_probe import LinearClassifier, fit_linear
from setsim_mm.evaluation.neighbors import check_neighbors
from setsim_mm.evaluation.segmentation_score import confusion_matrix, mean_iou

from .labelled_sets import LabelledSet, Sample
from .measures import IN_CONTEXT, KNN, LINEAR, SEGMENTATION
from .splits import Split

BATCH = 16  # images that the backbone reads at once
Preprocess = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class ProbeOptions:
    """Options of the probes.

    Args:
        sizes (Mapping[float, int]): The number of labelled images of each share.
        size (Sequence[int]): Height and width of images with label images; the side of
            the centre crop, once or twice, for class folders.
        k (int): Neighbours.
        num_workers (int): Processes that load images. Defaults to 0.
    """

    sizes: Mapping[float, int]
    size: Sequence[int]
    k: int
    num_workers: int = 0


def probe(
    backbone: nn.Module,
    preprocess: Preprocess,
    labelled_set: LabelledSet,
    split: Split,
    options: ProbeOptions,
) -> dict[str, float]:
    """Measure a backbone with each share of the labels on the held-out images.

    Args:
        backbone (nn.Module): In evaluation mode.
        preprocess (Callable): See
            :class:`~setsim_mm.evaluation.ImageInputs`.
        labelled_set (LabelledSet): The images.
        split (Split): Their division.
        options (ProbeOptions): The options.

    Returns:
        dict[str, float]: Percent, by :meth:`~worth.measures.Measure.key`.

    Raises:
        UserError: If the memory has fewer positions than neighbours are asked for.
    """
    by_name = {sample.name: sample for sample in labelled_set.samples}
    train, val = (
        [by_name[name] for name in names] for names in (split.labelled, split.held_out)
    )
    measure = _probe_pixels if labelled_set.dense else _probe_images
    return measure(backbone, preprocess, labelled_set, train, val, options)


def _probe_images(
    backbone: nn.Module,
    preprocess: Preprocess,
    labelled_set: LabelledSet,
    train: Sequence[Sample],
    val: Sequence[Sample],
    options: ProbeOptions,
) -> dict[str, float]:
    """Classify images by k-NN and by a linear classifier."""
    (features, labels), (queries, truth) = (
        pooled_features(
            backbone,
            preprocess,
            LabeledImages([(s.image, s.label) for s in part], options.size[0]),
            BATCH,
            options.num_workers,
        )
        for part in (train, val)
    )
    one_hot = F.one_hot(torch.from_numpy(labels), len(labelled_set.classes)).float()
    results = {}
    for share, number in options.sizes.items():
        voted = knn_classify(features[:number], labels[:number], queries, options.k)
        linear = fit_linear(torch.from_numpy(features[:number]), one_hot[:number])
        predicted = linear(torch.from_numpy(queries)).argmax(1).numpy()
        results[KNN.key(share)] = 100 * float((voted == truth).mean())
        results[LINEAR.key(share)] = 100 * float((predicted == truth).mean())
    return results


def _probe_pixels(
    backbone: nn.Module,
    preprocess: Preprocess,
    labelled_set: LabelledSet,
    train: Sequence[Sample],
    val: Sequence[Sample],
    options: ProbeOptions,
) -> dict[str, float]:
    """Segment images by in-context retrieval and by a linear classifier."""
    classes = len(labelled_set.classes)
    labelled, held_out = (
        LabelImages(
            [(s.image, s.label) for s in part],
            tuple(options.size),
            classes,
            labelled_set.ignored,
        )
        for part in (train, val)
    )
    retrieval = InContextOptions(
        k=options.k, batch_size=BATCH, num_workers=options.num_workers
    )
    whole = build_memory(backbone, preprocess, labelled, retrieval)
    memories = {n: first_images(whole, n) for n in options.sizes.values()}
    for memory in memories.values():
        check_neighbors(options.k, len(memory), 'positions in the memory')
    linear = {n: fit_linear(m.features, m.labels) for n, m in memories.items()}
    confusion = {
        (measure, share): torch.zeros(classes, classes, dtype=torch.int64)
        for measure in (IN_CONTEXT, SEGMENTATION)
        for share in options.sizes
    }
    batches = dense_features(backbone, preprocess, held_out, BATCH, options.num_workers)
    for batch in batches:
        for share, n in options.sizes.items():
            for measure, predicted in (
                (IN_CONTEXT, predict(batch, memories[n], retrieval)),
                (SEGMENTATION, segment(batch, linear[n])),
            ):
                confusion[measure, share] += confusion_matrix(
                    batch.labels, predicted, classes
                )
    return {
        measure.key(share): mean_iou(counts)
        for (measure, share), counts in confusion.items()
    }


def first_images(memory: FeatureMemory, number: int) -> FeatureMemory:
    """Return the part of a memory that the first images have given."""
    kept = memory.places[:, 0] < number
    return FeatureMemory(
        memory.features[kept], memory.labels[kept], memory.places[kept]
    )


def segment(batch: DenseBatch, classifier: LinearClassifier) -> Tensor:
    """Predict the class of each pixel by a linear classifier of L2-normalised features.

    Args:
        batch (DenseBatch): Feature maps of N images.
        classifier (LinearClassifier): Of C classes.

    Returns:
        Tensor: (N, height, width). Logits are enlarged by bilinear interpolation.
    """
    size = tuple(batch.labels.shape[1:])
    predicted = []
    for positions in batch.positions:  # one by one: maps of all classes are large
        logits = classifier(F.normalize(positions, dim=1))
        maps = logits.t().view(1, -1, *batch.grid)  # 1, C, h, w
        predicted.append(F.interpolate(maps, size, mode='bilinear').argmax(1))
    return torch.cat(predicted)
