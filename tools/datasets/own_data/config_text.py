"""The text of a fine-tuning config."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONFIGS = 'configs/benchmarks'
FEWEST_ITERATIONS = 1000


@dataclass(frozen=True)
class Network:
    """A network that is fine-tuned.

    Args:
        stem (str): The first part of the config's name.
        base (str): The config that it is based on, in ``configs/benchmarks``.
        heads (tuple[str, ...]): Heads with a number of classes, of a detector.
        batch (int): Images a step.
        passes (int): Passes over the images, as in the benchmark.
        most (int): Iterations of the benchmark.
    """

    stem: str
    base: str
    heads: tuple[str, ...]
    batch: int
    passes: int
    most: int

    def iterations(self, images: int) -> int:
        """Return how many iterations to train on a number of images."""
        needed = math.ceil(self.passes * images / self.batch)
        return min(max(FEWEST_ITERATIONS, needed), self.most)


BOXES = Network(
    'faster-rcnn_r50-c4', 'own_data/_base_/faster-rcnn_r50-c4_boxes.py',
    ('bbox_head',), 2, 23, 24000,
)  # fmt: skip
MASKS = Network(
    'mask-rcnn_r50-fpn', 'own_data/_base_/mask-rcnn_r50-fpn_masks.py',
    ('bbox_head', 'mask_head'), 2, 12, 90000,
)  # fmt: skip
WHOLE = Network('fcn_r50-d8', 'own_data/fcn_r50-d8_camvid.py', (), 4, 30, 20000)
CROPS = Network(
    'fcn_r50-d8', 'mmsegmentation/voc12aug/fcn_r50-d8_20k_voc12aug-512x512.py',
    (), 4, 30, 20000,
)  # fmt: skip


def detection_config(
    network: Network,
    repository: Path,
    classes: Sequence[str],
    root: Path,
    out: Path,
    run_lengths: bool = False,
) -> str:
    """Return the config of a detector.

    Args:
        network (Network): ``BOXES`` or ``MASKS``.
        repository (Path): The folder of ``configs/``.
        classes (Sequence[str]): The names of the classes.
        root (Path): The folder that the names in the JSON files are relative to.
        out (Path): The folder of ``train.json`` and ``val.json``.
        run_lengths (bool): Whether some masks are run lengths. Defaults to False.
    """
    decoded = """
# Without this, masks of run lengths are ignored.
train_pipeline = _base_.train_pipeline
train_pipeline[1].poly2mask = True
train_dataloader['dataset']['pipeline'] = train_pipeline
"""
    heads = ', '.join(
        f'{head}=dict(num_classes=len(classes))' for head in network.heads
    )
    return f"""\
{_begin(network, repository, classes)}
model = dict(roi_head=dict({heads}))
data = dict(data_root={str(root)!r}, metainfo=dict(classes=classes))
train_dataloader = dict(dataset=dict(**data, ann_file={str(out / 'train.json')!r}))
val_dataloader = dict(dataset=dict(**data, ann_file={str(out / 'val.json')!r}))
test_dataloader = val_dataloader
val_evaluator = dict(ann_file={str(out / 'val.json')!r})
test_evaluator = val_evaluator
{decoded if run_lengths else ''}"""


def segmentation_config(
    repository: Path,
    classes: Sequence[str],
    ignored: int,
    size: tuple[int, int] | None,
    out: Path,
) -> str:
    """Return the config of an FCN.

    Args:
        repository (Path): The folder of ``configs/``.
        classes (Sequence[str]): The names of the classes.
        ignored (int): The value of pixels without a class.
        size (tuple[int, int], optional): Width and height of all images; None if they
            are cropped.
        out (Path): The folder of links and lists.
    """
    whole = f"""
scale = {size}  # width and height of all images
train_pipeline = _base_.train_pipeline
train_pipeline[2].scale = scale
test_pipeline = _base_.test_pipeline
test_pipeline[1].scale = scale
"""
    padding = f'size={size[::-1]}, ' if size else ''
    return f"""\
{_begin(segmentation_network(size), repository, classes)}
ignored = {ignored}  # the value of pixels without a class
{whole if size else ''}
head = dict(num_classes=len(classes), ignore_index=ignored)
model = dict(
    data_preprocessor=dict({padding}seg_pad_val=ignored),
    decode_head=head,
    auxiliary_head=head,
)
data = dict(
    _delete_=True,
    type='BaseSegDataset',
    data_root={str(out)!r},
    data_prefix=dict(img_path='images', seg_map_path='labels'),
    img_suffix='',  # the lists have names with their suffixes
    seg_map_suffix='.png',
    metainfo=dict(classes=classes),
    ignore_index=ignored,
)
train_dataloader = dict(
    dataset=dict(**data, ann_file='train.txt', pipeline=_base_.train_pipeline)
)
val_dataloader = dict(
    dataset=dict(
        **data, ann_file='val.txt', pipeline=_base_.test_pipeline, test_mode=True
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(ignore_index=ignored)
test_evaluator = val_evaluator
"""


def segmentation_network(size: tuple[int, int] | None) -> Network:
    """Return the network for images of one size, or of several."""
    return CROPS if size is None else WHOLE


def _begin(network: Network, repository: Path, classes: Sequence[str]) -> str:
    names = ''.join(f'    {name!r},\n' for name in classes)
    return f"""\
# Written by tools/datasets/convert.py.
_base_ = {str(repository / CONFIGS / network.base)!r}
task = None  # no check of the files of a benchmark
allow_paths_outside = True  # the images are elsewhere

classes = (
{names})"""
